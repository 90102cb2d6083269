"""Forgets conversations, here and in Rasa, also when Rasa cannot be told at once."""

import structlog

from bot.conversations import Conversation
from bot.errors import RasaFailed
from bot.turn import FrontDesk

log = structlog.get_logger()


async def forget_conversation(desk: FrontDesk, conversation: Conversation) -> None:
    """Drop the conversation here at once, and have Rasa delete what it holds on it."""
    desk.conversations.forget(conversation)
    desk.metrics.conversations.set(len(desk.conversations))
    # A message still under way would make Rasa remember the conversation again after it forgot.
    await conversation.wait_for_running_turns()
    try:
        await desk.rasa.forget(conversation.sender)
    except RasaFailed as failure:
        desk.metrics.failures.labels("forget").inc()
        log.warning("rasa could not be told to forget", service="rasa", kind=failure.kind)
        desk.owed.add(conversation.sender)


async def forget_owed(desk: FrontDesk) -> None:
    """Tell Rasa again of the conversations that it could not be told to forget."""
    for sender in list(desk.owed):
        try:
            await desk.rasa.forget(sender)
        except RasaFailed:
            return
        desk.owed.discard(sender)
