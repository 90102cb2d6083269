"""The residents' chat as an API: start, send a message, forget (design section 6)."""

import json
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from bot.errors import ConversationNotFound, MessageTooLong
from bot.forgetting import forget_conversation
from bot.messages import Message, Reply, Understood
from bot.turn import FrontDesk, start_conversation, take_turn, warn_of_danger
from bot.web.problems import Problem, ProblemError, describe
from bot.web.protection import read_body

router = APIRouter(prefix="/api/conversations", tags=["chat"])

KEY_LIMIT = 128


class ProblemBody(BaseModel):
    """What went wrong and what to do (RFC 9457)."""

    class FieldError(BaseModel):
        """One field that is not right."""

        field: str
        message: str

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []
    messages: list[Message] = Field(
        [], description="Urgent help, if a message that cannot be answered tells of danger."
    )


class Started(BaseModel):
    """A new conversation with its welcome."""

    conversation: str = Field(description="Unguessable id of the conversation.")
    messages: list[Message]
    understood: Understood


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    # The schema is put inline: these answers are problem+json, which FastAPI does not refer to.
    return {
        status: {
            "description": "A problem, with what to do about it.",
            "content": {"application/problem+json": {"schema": ProblemBody.model_json_schema()}},
        }
        for status in statuses
    }


SEND_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["text"],
                    "properties": {
                        "text": {
                            "type": "string",
                            "minLength": 1,
                            "maxLength": 2000,
                            "description": "What the resident writes, or the payload of a button.",
                        }
                    },
                }
            }
        },
    },
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LIMIT},
            "description": "The same key with the same text is handled once and answered the same each time.",
        }
    ],
}


@router.post("", status_code=201, responses={201: {"model": Started}}, summary="Start a conversation")
async def post_conversation(request: Request) -> Response:
    """Start a conversation; the id that comes back is the only key to it."""
    conversation, reply = start_conversation(get_desk(request), "api")
    started = Started(conversation=conversation.id, messages=reply.messages, understood=reply.understood)
    return _json(started, 201)


@router.post(
    "/{conversation_id}/messages",
    responses={200: {"model": Reply}, **_problems(400, 404, 413, 415, 422, 429)},
    summary="Send a message",
    openapi_extra=SEND_BODY,
)
async def post_message(request: Request, conversation_id: str) -> Response:
    """Answer one message of a resident. A fault behind the door is answered with words and phone numbers."""
    desk = get_desk(request)
    text, key = await read_text(request), read_key(request)
    try:
        return _json(await take_turn(desk, desk.conversations.get(conversation_id), text, key), 200)
    except (MessageTooLong, ConversationNotFound) as rejected:
        # Whoever is in danger gets the card, also when the conversation was forgotten meanwhile.
        warned = await warn_of_danger(desk, desk.conversations.find(conversation_id), text)
        cards = [card.model_dump(mode="json") for card in warned]
        raise ProblemError(replace(describe(rejected), more={"messages": cards})) from rejected


@router.delete(
    "/{conversation_id}", status_code=204, responses=_problems(404), summary="Forget a conversation"
)
async def delete_conversation(request: Request, conversation_id: str) -> Response:
    """Forget the conversation everywhere."""
    desk = get_desk(request)
    await forget_conversation(desk, desk.conversations.get(conversation_id))
    return Response(status_code=204)


def get_desk(request: Request) -> FrontDesk:
    """Return the front desk of the application that got the request."""
    desk: FrontDesk = request.app.state.desk
    return desk


async def read_text(request: Request) -> str:
    """Return the field `text` of a JSON body; raises a problem that says what to send instead."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise ProblemError(
            Problem(415, "The body is not JSON", "Send JSON with the header Content-Type: application/json.")
        )
    body = await read_body(request)
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as failure:
        raise ProblemError(
            Problem(400, "The body is not JSON", 'Send a body like {"text": "I need food"}.')
        ) from failure
    text = content.get("text") if isinstance(content, dict) else None
    if not isinstance(text, str):
        detail = 'Send a body like {"text": "I need food"}.'
        raise ProblemError(
            Problem(422, "The message is missing", detail, (("text", "must be there and be text"),))
        )
    # JSON can carry halves of surrogate pairs, which are no characters and cannot be passed on.
    return text.encode("utf-8", "replace").decode("utf-8")


def read_key(request: Request) -> str | None:
    """Return the idempotency key of the request, if it has one; raises a problem if its length is wrong."""
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= KEY_LIMIT:
        detail = f"Send an Idempotency-Key of 1 to {KEY_LIMIT} characters, or none."
        raise ProblemError(
            Problem(422, "The Idempotency-Key is not usable", detail, (("Idempotency-Key", "wrong length"),))
        )
    return key


def _json(content: BaseModel, status: int) -> Response:
    # The model writes its own JSON; going through FastAPI's encoder would do the same work twice.
    return Response(content.model_dump_json(), status, media_type="application/json")
