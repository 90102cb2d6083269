"""Puts the Telegram door together from settings, opens it and closes it with the bot process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from bot.clock import Clock
from bot.settings import BotSettings
from bot.telegram.calls import build_bot
from bot.telegram.door import TelegramDoor
from bot.telegram.pace import Pace
from bot.telegram.sealing import make_keys
from bot.telegram.webhook import router
from bot.turn import FrontDesk


def build_telegram_door(settings: BotSettings, desk: FrontDesk, clock: Clock) -> TelegramDoor | None:
    """Return the Telegram door, not yet open, or None if there is no token."""
    token = settings.telegram_bot_token.get_secret_value().strip() if settings.telegram_bot_token else ""
    if not token:
        return None
    secret = settings.telegram_webhook_secret
    return TelegramDoor(
        build_bot(token, settings.telegram_api_url),
        desk,
        make_keys(token, secret.get_secret_value() if secret else None),
        settings.signpost_state_dir,
        clock=clock,
        pace=Pace(settings.telegram_per_second, settings.telegram_chat_seconds),
        hours=settings.conversation_hours,
    )


@asynccontextmanager
async def open_telegram(door: TelegramDoor | None, settings: BotSettings) -> AsyncIterator[None]:
    """Keep the door open while the block runs; without a door just run it."""
    if door is None:
        yield
        return
    door.start(settings.telegram_webhook_url)
    try:
        yield
    finally:
        await door.stop()


def take_telegram_pushes(app: FastAPI, door: TelegramDoor | None, settings: BotSettings) -> None:
    """Add the address that Telegram pushes to, if it is told to push."""
    if door is not None and settings.telegram_webhook_url:
        app.state.telegram = door
        app.include_router(router)
