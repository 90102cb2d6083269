"""Whether a service is open, in the resident's language: the directory says it in English."""

import re

from bot.messages import Card
from bot.translations import ENGLISH, Words

TIME = r"(?:\d{1,2}(?::\d\d)?(?:am|pm)|midday|midnight)"
DAY = r"(?:today|tomorrow|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)"
# The sentences of referral_directory/opening.py that most cards have, and the key of the same in our words.
SENTENCES = (
    (re.compile("Open 24 hours a day"), "open_always"),
    (re.compile(f"Open until (?P<time>{TIME})(?: today)?"), "open_until"),
    (re.compile(f"Open until (?P<time>{TIME}) (?P<day>{DAY})"), "open_until_day"),
    (re.compile("Closed now"), "open_closed"),
    (re.compile(f"Closed now, opens (?P<day>{DAY}) (?P<time>{TIME})"), "open_opens"),
    (re.compile("Opening times not known: (?:ring|check) first"), "open_not_known"),
)


def describe_opening(card: Card, words: Words) -> str:
    """Return whether the service is open, with the time where it is said in one of the usual sentences.

    Whatever else the directory says stays in English, after what it comes to.
    """
    if words.language == ENGLISH:
        return card.open.text
    for sentence, key in SENTENCES:
        if found := sentence.fullmatch(card.open.text.strip()):
            gaps = {
                name: _say_time(text) if name == "time" else words(f"day_{text.lower()}")
                for name, text in found.groupdict().items()
            }
            return words(key, **gaps)
    state = card.open.state if card.open.state in ("open", "closed") else "unknown"
    return f"{words(f'open_{state}')}: {card.open.text}"


def _say_time(text: str) -> str:
    """Return a time of the clock of 24 hours, which all of our languages write: "5:30pm" is 17:30."""
    if text in ("midday", "midnight"):
        return "12:00" if text == "midday" else "24:00"
    hours, _, minutes = text[:-2].partition(":")
    hour = int(hours) % 12 + (12 if text.endswith("pm") else 0)
    return f"{hour:02}:{minutes or '00'}"
