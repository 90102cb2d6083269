"""Did it help? Offered as one quiet button when a resident says thanks or goodbye; what they press is only counted.

Buttons carry the need, so that pressing one also counts after a restart of this process.
"""

import hashlib
import re

from bot.conversations import Conversation
from bot.directory_client import DirectoryClient
from bot.handover import handover_button
from bot.messages import Button, Message
from bot.translations import get_words

# The bot's own buttons: they never reach Rasa.
ASK, SAY = "/did_it_help ", "/said_of_it "
# Rasa's.
START_AGAIN = "/start_again"
NEED = re.compile(r"[a-z]+\.[a-z_]+")
HELPED = "helped"
CHOICES = (HELPED, "full", "closed", "not_eligible", "too_far", "no_answer", "not_helped")


def is_feedback(payload: str | None) -> bool:
    """Return whether a pressed button is one of these."""
    return payload is not None and payload.startswith((ASK, SAY))


def offer_question(messages: list[Message], conversation: Conversation, need: str | None) -> None:
    """Put the button that asks about the services for `need` under an answer, unless they said it already."""
    if messages and need and NEED.fullmatch(need) and need not in conversation.said_of:
        title = get_words(conversation.language)("card_helped")
        messages[-1].buttons.append(Button(title=title, payload=f"{ASK}{need}"))


async def take_feedback(directory: DirectoryClient, conversation: Conversation, payload: str) -> Message:
    """Return the question, or count the answer to it, once for each need. Raises DirectoryFailed."""
    words = get_words(conversation.language)
    if payload.startswith(ASK):
        need = payload.removeprefix(ASK)
        choices = [Button(title=words(f"said_{said}"), payload=f"{SAY}{need} {said}") for said in CHOICES]
        return Message(text=words("helped_ask"), buttons=choices)
    need, _, said = payload.removeprefix(SAY).partition(" ")
    key = hashlib.sha256(f"{conversation.sender} {need}".encode()).hexdigest()
    channel, language = conversation.channel, conversation.language or "en"
    await directory.count_feedback(need, said, channel, language, key)
    conversation.said_of.add(need)
    further = [Button(title=words("command_restart"), payload=START_AGAIN)]
    if said != HELPED:
        # Whoever is still without help is offered a person first.
        further.insert(0, handover_button(conversation.language))
    return Message(text=words("helped_thanks"), buttons=further)


def could_not_count(language: str | None, payload: str) -> Message:
    """Return what to say while an answer cannot be counted, with the same button to try again."""
    words = get_words(language)
    return Message(text=words("helped_failed"), buttons=[Button(title=words("try_again"), payload=payload)])
