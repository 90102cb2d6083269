"""Where Telegram pushes updates to, in deployment."""

import hmac
import json

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.telegram.door import TelegramDoor
from bot.web.problems import Problem, ProblemError

router = APIRouter(include_in_schema=False)

PATH = "/telegram/webhook"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of the header, not the secret
# An update quotes the message it answers and its markup; the largest real ones are some tens of kilobytes.
BODY_LIMIT = 1024 * 1024


@router.post(PATH)
async def post_update(request: Request) -> Response:
    """Store one update, then say so. Whatever is not from Telegram is refused before it is read."""
    door: TelegramDoor = request.app.state.telegram
    given = request.headers.get(SECRET_HEADER, "")
    if not hmac.compare_digest(given.encode("latin-1", "replace"), door.keys.webhook_secret.encode()):
        raise ProblemError(Problem(403, "This is not Telegram", "Only Telegram sends anything here."))
    if not door.is_open:
        # Telegram sends it again.
        raise ProblemError(
            Problem(503, "Not open yet", "Try again in a moment.", headers={"Retry-After": "5"})
        )
    await door.receive([await _read_update(request)])
    return Response(status_code=200)


async def _read_update(request: Request) -> object:
    """Return the body as JSON, or None if it is none: that would not be better when it is sent again."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
