"""The resident's list: services kept from the chat, a code for a person, and links to forms. Works without a script."""

from typing import Any

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.conversations import Conversation
from bot.errors import DirectoryFailed
from bot.handover import (
    HAND_OVER_AGAIN,
    MOST_ON_LIST,
    carries_anything,
    could_not_hand_over,
    find_shown,
    hand_over,
    list_chosen,
)
from bot.messages import Card
from bot.takeaway import pack
from bot.turn import FrontDesk
from bot.web.chat_api import get_desk
from bot.web.pages import find_conversation, name_conversation, read_form
from bot.web.protection import allow_frames
from bot.web.templating import get_pages

log = structlog.get_logger()

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.api_route("/my-list", methods=["GET", "HEAD"])
async def show_list(request: Request) -> Response:
    """Show what is on the list, and what can be done with it."""
    return await _show(request, find_conversation(request), {}, is_full="full" in request.query_params)


@router.post("/my-list")
async def change_list(request: Request) -> Response:
    """Keep a service that the chat showed, or take it off."""
    form = await read_form(request)
    conversation = find_conversation(request, form)
    service, is_full = form.get("service", ""), False
    if conversation is not None and form.get("do") == "drop":
        conversation.kept.pop(service, None)
    elif conversation is not None and service and service not in conversation.kept:
        card = find_shown(conversation, service)
        is_full = card is not None and len(conversation.kept) >= MOST_ON_LIST
        if card is not None and not is_full:
            conversation.kept[service] = card
    return await _go_to_list(request, conversation, form, is_full=is_full)


@router.post("/my-list/code")
async def make_code(request: Request) -> Response:
    """Show a code for a person to help."""
    form = await read_form(request)
    conversation = find_conversation(request, form)
    if conversation is None or not carries_anything(conversation):
        return await _go_to_list(request, conversation, form)
    desk = get_desk(request)
    try:
        message = await hand_over(desk.directory, conversation, again="again" in form)
    except DirectoryFailed as failure:
        _note(desk, failure)
        message = could_not_hand_over(conversation.language)
    can_ask_again = any(button.payload == HAND_OVER_AGAIN for button in message.buttons)
    return _render(request, "code.html", conversation, form, message=message, can_ask_again=can_ask_again)


@router.post("/my-list/self")
async def make_link(request: Request) -> Response:
    """Show a link to the secure form of one service, where the resident refers themselves."""
    form = await read_form(request)
    conversation = find_conversation(request, form)
    card = find_shown(conversation, form.get("service", "")) if conversation else None
    if conversation is None or card is None:
        return await _go_to_list(request, conversation, form)
    desk, address, failed = get_desk(request), None, False
    try:
        address = await desk.directory.make_self_referral(conversation.understood, card.id)
    except DirectoryFailed as failure:
        _note(desk, failure)
        failed = True
    return _render(
        request, "self_referral.html", conversation, form, card=card, address=address, failed=failed
    )


async def _go_to_list(
    request: Request, conversation: Conversation | None, form: dict[str, str], *, is_full: bool = False
) -> Response:
    # In a frame there is no cookie that would bring the conversation along.
    if "conversation" in form:
        return await _show(request, conversation, form, is_full=is_full)
    return RedirectResponse("/my-list?full" if is_full else "/my-list", 303)


async def _show(
    request: Request, conversation: Conversation | None, form: dict[str, str], *, is_full: bool = False
) -> Response:
    """Show the list; `is_full` says that a service was not kept because there is no room."""
    desk = get_desk(request)
    cards = list(conversation.kept.values()) if conversation else []
    chosen = list_chosen(conversation) if conversation else []
    able = await _list_askable(desk, chosen)
    return _render(
        request,
        "list.html",
        conversation,
        form,
        cards=cards,
        full=MOST_ON_LIST if is_full else None,
        can_have_code=conversation is not None and carries_anything(conversation),
        askable=[card for card in chosen if card.id in able],
        paper=f"/kept/{pack(card.id for card in cards)}" if cards else "",
    )


def _render(
    request: Request, template: str, conversation: Conversation | None, form: dict[str, str], **context: Any
) -> Response:
    """Return the page; in a frame, with forms that carry the conversation."""
    embedded = "conversation" in form
    identity = name_conversation(conversation, form)
    page = get_pages(request).render(
        request, template, embedded=embedded, conversation_id=identity, **context
    )
    if embedded:
        allow_frames(page, request.app.state.embed_origins)
    return page


async def _list_askable(desk: FrontDesk, cards: list[Card]) -> set[str]:
    if not cards:
        return set()
    try:
        return await desk.directory.list_self_referrals([card.id for card in cards])
    except DirectoryFailed as failure:
        # Without the form the list is still a list.
        _note(desk, failure)
        return set()


def _note(desk: FrontDesk, failure: DirectoryFailed) -> None:
    desk.metrics.failures.labels(f"directory_{failure.kind}").inc()
    log.warning("the directory could not be asked", service="directory", kind=failure.kind)
