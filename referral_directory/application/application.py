"""The composition root: settings in, a running application out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from anyio import to_thread
from fastapi import Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError

from referral_directory.application.referrals import check_opens
from referral_directory.application.settings import Settings
from referral_directory.catalogue.guidance import load_guidance
from referral_directory.catalogue.index import Catalogue, refresh, stop
from referral_directory.catalogue.schemes import load_schemes
from referral_directory.clock import Clock
from referral_directory.database import open_database, transaction
from referral_directory.demand.counting import purge_keys
from referral_directory.errors import BadKey, NotReady
from referral_directory.field_encryption import read_field_keys
from referral_directory.needs import load_needs
from referral_directory.place_tables import load_tables
from referral_directory.referrals.handovers import purge_handovers
from referral_directory.referrals.keeping_time import keep_time
from referral_directory.referrals.outbox import purge_page_mails
from referral_directory.referrals.self_referring import purge_self_links
from referral_directory.staff.attempts import make_limiter
from referral_directory.staff.keys import make_keys
from referral_directory.staff.openid import SignInService, make_service
from referral_directory.staff.purging import purge_staff
from referral_directory.truth.keeping import purge_links
from referral_directory.web import (
    autosaving,
    curators,
    curators_calendar,
    curators_editing,
    enquiries,
    feedback,
    guidance,
    guidance_pages,
    handovers,
    handovers_pages,
    health,
    leaving,
    openings,
    openreferral,
    pages,
    places,
    providers_all,
    providers_pages,
    record_links,
    referrals_choices,
    referrals_contact,
    referrals_draft,
    referrals_inboxes,
    referrals_mail,
    referrals_pages,
    referrals_questions,
    referrals_resident,
    referrals_talking,
    referrals_typing,
    reporting,
    search_pages,
    self_referral,
    services,
    staff_pages,
    staff_pages_decisions,
    statistics,
    statistics_bulletin,
    statistics_decisions,
    statistics_downloads,
    statistics_private,
    statistics_workbook,
    status,
)
from referral_directory.web.context import Directory
from referral_directory.web.observing import Observing, make_metrics
from referral_directory.web.openapi import add_openapi
from referral_directory.web.problems import add_problem_handlers
from referral_directory.web.referrals_counting import count_end
from referral_directory.web.signed_in import add_sign_in_redirect

HOUR = 3600
# Requests that are worked on at a time; the others wait their turn in order. More threads than Python can serve take it
# from one another between any two questions to the database, while they hold locks. With fifty people at work
# (`make staff-bars`) 95 in 100 of the slowest page took at most 120 ms with four, 190 with five, 220 with six, 350 with
# twenty; with four, a few that wait for a slow disk would stop the rest.
THREADS = 5
# Asked of a process that is not ready: they read and write nothing that is sealed.
ALWAYS = ("/healthz", "/metrics")
# Every module with routes, in the order in which they are asked.
ROOMS = (
    places,
    services,
    guidance,
    enquiries,
    health,
    pages,
    leaving,
    search_pages,
    staff_pages,
    openreferral,
    statistics,
    statistics_downloads,
    statistics_workbook,
    statistics_bulletin,
    status,
    statistics_private,
    statistics_decisions,
    staff_pages_decisions,
    feedback,
    referrals_draft,
    referrals_choices,
    referrals_contact,
    referrals_typing,
    autosaving,
    referrals_mail,
    referrals_pages,
    referrals_resident,
    providers_pages,
    handovers,
    handovers_pages,
    self_referral,
    providers_all,
    referrals_questions,
    referrals_inboxes,
    openings,
    referrals_talking,
    curators,
    curators_editing,
    curators_calendar,
    record_links,
    reporting,
    guidance_pages,
)


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """The directory as an ASGI application. Tables are loaded now, the index when it starts."""
    directory = make_directory(settings, clock)
    app = FastAPI(
        title="Signpost Leeds directory",
        version="1.0.0",
        description="Help with the cost of living in Leeds: places, services, guidance, and counts of need.",
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        dependencies=[Depends(_check_keys_fit)],
    )
    app.state.directory, app.state.keys_fit = directory, False
    for room in ROOMS:
        app.include_router(room.router)
    add_problem_handlers(app)
    add_sign_in_redirect(app)
    add_openapi(app)
    app.add_middleware(Observing, metrics=directory.metrics)
    return app


def make_directory(settings: Settings, clock: Clock | None = None) -> Directory:
    """Everything the routes need, from the settings and the data files."""
    needs = load_needs(settings.data_dir / "need_codes.csv")
    tables = load_tables(settings.data_dir / "places")
    database = open_database(settings.get_database_url())
    catalogue = Catalogue(
        database=database,
        needs=needs,
        wards={code: ward.name for code, ward in tables.wards.items()},
        public_url=settings.get_public_url(),
        check_seconds=settings.index_check_seconds,
        clock=clock or settings.get_clock(),
    )
    return Directory(
        database=database,
        catalogue=catalogue,
        tables=tables,
        needs=needs,
        guidance=load_guidance(settings.data_dir / "starter" / "guidance.yaml", needs),
        schemes=load_schemes(settings.data_dir / "schemes", needs),
        clock=clock or settings.get_clock(),
        service_token=settings.get_service_token(),
        metrics=make_metrics(),
        public_url=settings.get_public_url(),
        chat_url=settings.chat_url.rstrip("/"),
        staff_keys=make_keys(settings.get_staff_key()),
        field_keys=read_field_keys(settings.get_field_keys()),
        mail_folder=None if settings.mail_host else settings.state_dir / "mail",
        sign_in_limiter=make_limiter(),
        bot_url=settings.bot_url.rstrip("/"),
        actions_url=settings.actions_url.rstrip("/").removesuffix("/webhook"),
        openid=_find_sign_in_service(settings),
    )


def _find_sign_in_service(settings: Settings) -> SignInService | None:
    if not settings.oidc_issuer:
        return None
    return make_service(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret,
        settings.oidc_name,
        settings.get_public_url(),
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    directory: Directory = app.state.directory
    log = structlog.get_logger()
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    # With the wrong keys the process does not start: it would write what nobody can read later.
    with suppress(SQLAlchemyError):
        await run_in_threadpool(check_stored, directory)
        app.state.keys_fit = True
    try:
        index = await run_in_threadpool(refresh, directory.catalogue)
        directory.metrics.services.set(len(index.entries))
        log.info("index built", services=len(index.entries), revision=index.revision)
    except NotReady:
        # /readyz says so until the database is there; the process itself need not die for it.
        log.warning("not ready")
    stopping = asyncio.Event()
    purging = asyncio.create_task(_keep_house(app, stopping))
    yield
    # Asked to stop, not cancelled: a purge under way in its thread still holds a connection.
    stopping.set()
    stop(directory.catalogue)
    await purging
    directory.database.engine.dispose()


async def _keep_house(app: FastAPI, stopping: asyncio.Event) -> None:
    """Check the keys as soon as the database is there, if it was away at the start; then forget yesterday's enquiry
    keys, even on a day without enquiries.
    """
    directory: Directory = app.state.directory
    log = structlog.get_logger()
    while not app.state.keys_fit and not await _is_set_within(stopping, 1):
        try:
            await run_in_threadpool(check_stored, directory)
            app.state.keys_fit = True
        except SQLAlchemyError:
            continue  # Still away.
        except BadKey as error:
            log.error("wrong field keys: nothing is served", error=str(error))
            return
    while not stopping.is_set():
        try:
            await run_in_threadpool(purge, directory)
        except Exception as error:  # noqa: BLE001 - what fails in one hour is tried again in the next
            # The exception's text can hold an address: only its kind is written down.
            log.error("hourly work failed", error=type(error).__name__)
        await _is_set_within(stopping, HOUR)


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()


async def _check_keys_fit(request: Request) -> None:
    """Raises NotReady for everything but the questions whether this process lives, until the keys are checked."""
    if not request.app.state.keys_fit and request.url.path not in ALWAYS:
        raise NotReady("The database or its keys are not there yet.")


def purge(directory: Directory) -> None:
    """Do what the clock asks: forget old keys, sessions and mails; chase, end and erase referrals."""
    with transaction(directory.database) as session:
        purge_keys(session, directory.clock().date())
        purge_staff(session, directory.clock())
        purge_links(session, directory.clock())
        purge_handovers(session, directory.clock())
        purge_self_links(session, directory.clock())
        purge_page_mails(session, directory.clock())
    keep_time(directory.database, directory.field_keys, directory.clock(), count_end(directory))


def check_stored(directory: Directory) -> None:
    """Raises BadKey if the field keys do not open what is stored, and SQLAlchemyError if nobody can say."""
    try:
        check_opens(directory.database, directory.field_keys)
    except BadKey:
        directory.database.engine.dispose()
        raise
