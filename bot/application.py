"""Puts the bot process together: the only place that chooses the real things."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import structlog
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from bot.admission import Admission
from bot.clock import Clock, build_clock
from bot.conversations import Conversations
from bot.directory_client import DirectoryClient
from bot.forgetting import forget_owed
from bot.language_reader import load_language_reader
from bot.logs import describe_failure
from bot.metrics import Metrics
from bot.privacy import PrivacyFilter
from bot.rasa_client import RasaClient
from bot.safety import Screen
from bot.safety_screen import load_screen
from bot.settings import BotSettings
from bot.switch import Switch
from bot.telegram.opening import build_telegram_door, open_telegram, take_telegram_pushes
from bot.turn import FrontDesk
from bot.urgent import load_urgent_help
from bot.web import chat_api, embedding, list_pages, operations, pages, paper_pages
from bot.web.problems import CatchEverything, answer_failures
from bot.web.protection import ProtectAnswers
from bot.web.templating import Pages

log = structlog.get_logger()

DATA = Path(__file__).parent / "data"
SWEEP_SECONDS = 60.0


def create_app(settings: BotSettings, *, clock: Clock | None = None, safety: Screen | None = None) -> FastAPI:
    """Return the bot as a web application.

    `clock` and `safety` replace the real ones where a test sets the time or breaks the screen.
    """
    clock = clock or build_clock(settings.signpost_clock)
    desk = build_front_desk(settings, clock, safety or load_screen())
    telegram = build_telegram_door(settings, desk, clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        sweeper = asyncio.create_task(_sweep(desk))
        async with open_telegram(telegram, settings):
            yield
        sweeper.cancel()
        with suppress(asyncio.CancelledError):
            await sweeper
        await asyncio.gather(desk.rasa.close(), desk.directory.close())

    app = FastAPI(
        title="Signpost Leeds: residents' chat",
        version="1.0.0",
        summary="Say what is wrong in your own words and get local help in Leeds.",
        lifespan=lifespan,
        # The pages that show the document load scripts from elsewhere, and no page here may do that.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.desk = desk
    app.state.embed_origins = embedding.read_origins(settings.embed_origins)
    app.state.pages = Pages(settings.directory_public_url)
    for part in (chat_api, operations, pages, list_pages, paper_pages, embedding):
        app.include_router(part.router)
    take_telegram_pushes(app, telegram, settings)
    app.mount("/static", pages.static_files(), name="static")
    answer_failures(app)
    app.add_middleware(GZipMiddleware, minimum_size=2000, compresslevel=5)
    app.add_middleware(CatchEverything)
    app.add_middleware(ProtectAnswers)
    return app


def build_front_desk(settings: BotSettings, clock: Clock, safety: Screen) -> FrontDesk:
    """Return everything that is needed to answer messages, on every channel."""
    metrics = Metrics()
    return FrontDesk(
        conversations=Conversations(
            clock, timedelta(hours=settings.conversation_hours), settings.conversation_limit
        ),
        rasa=RasaClient(settings.rasa_url, settings.rasa_timeout),
        directory=DirectoryClient(
            settings.directory_url, settings.directory_timeout, settings.get_service_token
        ),
        privacy=PrivacyFilter(load_given_names()),
        safety=safety,
        urgent=load_urgent_help(),
        languages=load_language_reader(),
        metrics=metrics,
        admission=Admission(
            settings.turns_at_once, settings.turns_waiting, settings.turn_patience, metrics.waiting
        ),
        switch=Switch(settings.signpost_state_dir),
        deadline=settings.turn_deadline,
    )


def load_given_names() -> frozenset[str]:
    """Return the given names of the data file, in the case in which they count."""
    lines = (DATA / "given_names.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.split())


async def _sweep(desk: FrontDesk) -> None:
    """Let conversations vanish on time also when nobody writes, and repeat what Rasa missed."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            desk.conversations.forget_expired()
            desk.metrics.conversations.set(len(desk.conversations))
            await forget_owed(desk)
        except Exception as failure:  # noqa: BLE001 - the comment below says why
            # A sweep that fails once must not be the last one.
            desk.metrics.failures.labels("sweep").inc()
            log.error("the sweep failed", **describe_failure(failure))
