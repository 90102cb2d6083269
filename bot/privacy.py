"""The privacy filter at the door: replaces what could identify a person before anything else sees a message.

Design rule 1. Pure: text in, text out. Where it is unsure it redacts, except for what a resident needs to be
understood: needs, ages, prices, times, outcodes and public help lines stay.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.privacy_addresses import find_addresses, find_postcodes
from bot.privacy_names import NameFinder
from bot.privacy_numbers import find_numbers

Finder = Callable[[str], Iterator["tuple[int, int, str]"]]

# Characters nobody sees: soft hyphen, zero width space, word joiner, byte order mark, directions, tags.
# Written inside a number they would hide it from every pattern below.
UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
# Joiners belong to Persian and Urdu words and to emoji, but have no business among Latin letters and digits.
JOINER_IN_LATIN = re.compile(
    "(?<=[\x20-\x7e])[\u200c\u200d]|[\u200c\u200d](?=[\x20-\x7e])|\\A[\u200c\u200d]+"
)
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Each pass takes something out, so even a hostile text is at rest long before this.
PASSES = 20

EMAIL = re.compile(r"(?<![\w.+%'-])[\w.+%'&*/=!#$^{}|~-]+\s{0,2}@\s{0,2}[\w-]+(?:\s?\.\s?[\w-]+)+")
_PROVIDERS = (
    "gmail|googlemail|hotmail|yahoo|ymail|outlook|live|icloud|me|mac|msn|aol|sky|btinternet|talktalk|virginmedia|"
    "ntlworld|blueyonder|tiscali|gmx|proton|protonmail|mail|zoho|wp|onet|interia|o2"
)
_AT = r"\s*(?:\(\s*at\s*\)|\[\s*at\s*\]|\bat\b)\s*"
_DOT = r"\s*(?:\(\s*dot\s*\)|\[\s*dot\s*\]|\bdot\b|\.)\s*"
_WORD_DOT = r"\s*(?:\(\s*dot\s*\)|\[\s*dot\s*\]|\bdot\b)\s*"
_LOCAL = rf"(?<![\w.+%'-])[\w.+%'-]+(?:{_WORD_DOT}[\w+%'-]+|\s*\b(?:underscore|dash|hyphen)\b\s*[\w+%'-]+)*"
SPELLED_EMAIL = re.compile(
    rf"{_LOCAL}{_AT}(?:(?:{_PROVIDERS})(?:{_DOT}[a-z]{{2,4}})?(?:{_DOT}uk)?\b"
    rf"|[\w-]+(?:{_WORD_DOT}[\w-]+)+|[\w-]+\s*\.\s*(?:com|co\s*\.\s*uk|org|net|eu|pl|ro)\b)"
    rf"|{_LOCAL}\s*(?:\(\s*at\s*\)|\[\s*at\s*\])\s*[\w-]+(?:{_DOT}[\w-]+)+",
    re.IGNORECASE,
)
AT_WORD = re.compile(r"\bat\b", re.IGNORECASE)
# "I looked at leeds dot gov dot uk" is about a page, not an address.
LOOKING = re.compile(
    r"(?:look\w*|page|form|site|website|online|apply|applied|is|was|be|am|are|it|on)\Z", re.IGNORECASE
)

URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"']+|(?<![\w-])[\w-]+(?:\.[\w-]+)+/[^\s<>\"']*[?=#&][^\s<>\"']*",
    re.IGNORECASE,
)
SECRET_IN_URL = re.compile(
    r"[?#&=@%]|/[^/]*\d[^/]*[a-z][^/]*(?:/|\Z)|/[^/]*[a-z][^/]*\d[^/]*(?:/|\Z)|[^/]{24,}", re.I
)
PERSONAL_SITE = re.compile(
    r"\b(?:(?:t|wa|m|fb)\.me|(?:www\.)?(?:facebook|instagram|twitter|x|tiktok|linkedin)\.com)/\S+",
    re.IGNORECASE,
)

HANDLE = re.compile(
    r"(?<![\w@.])@(?!(?:home|work|school|college|uni|hospital|night|the|my|moment|least|nans?|mums?|dads?)\b)"
    r"[a-z][\w.]{2,}",
    re.IGNORECASE,
)
_APPS = (
    r"(?:telegram|whats\s?app|insta(?:gram)?|snap(?:chat)?|facebook|fb|messenger|tiktok|signal|skype|discord|"
    r"twitter)"
)
NAMED_HANDLE = re.compile(
    rf"\b{_APPS}\b[^\w@\n]{{0,3}}(?:(?:id|handle|user\s?name|name|account|is|its|me|on|as|at)[^\w@\n]{{1,3}}){{0,3}}"
    rf"@?(?P<handle>(?=[a-z.]*[\d_])[a-z][\w.]{{2,}})"
    rf"|\b(?:{_APPS}\s+)?(?:handle|user\s?name)(?:\s+is|\s*[:=])\s*@?(?P<named>[a-z][\w.]{{2,}})",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Redacted:
    """A message without personal data.

    `text` holds tokens such as `[name]` and `[phone]`; every `[postcode]` in it stands for the next of
    `postcodes` (upper case, no spaces), which exist only in memory, to be asked of the directory.
    """

    text: str
    postcodes: tuple[str, ...] = ()


def strip_unseen(text: str) -> str:
    """Return `text` without control characters and characters that nobody sees."""
    return JOINER_IN_LATIN.sub("", UNSEEN.sub("", CONTROLS.sub(" ", text)))


def _fold_same_length(text: str) -> str:
    """Return a copy of the same length in which digits, letters and punctuation of any width are plain."""
    if text.isascii():
        return text
    return "".join(_fold_character(character) for character in text)


def _fold_character(character: str) -> str:
    if character < "\x80":
        return character
    if character.isdigit():
        return str(unicodedata.digit(character))
    if unicodedata.category(character) == "Pd" or character == "\u2212":
        return "-"
    if character in "\u2018\u2019\u201b\u02bc":
        return "'"
    if unicodedata.category(character) == "Zs":
        return " "
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character


def find_addresses_on_the_internet(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield e-mail addresses, links that carry a secret or a person, and handles."""
    for match in PERSONAL_SITE.finditer(text):
        yield match.start(), match.end(), "[handle]"
    for match in URL.finditer(text):
        path = match[0].partition("://")[2] or match[0]
        if SECRET_IN_URL.search(path):
            yield match.start(), match.end(), "[link]"
    if "@" in text:
        for match in EMAIL.finditer(text):
            yield match.start(), match.end(), "[email]"
        for match in HANDLE.finditer(text):
            yield match.start(), match.end(), "[handle]"
    for match in SPELLED_EMAIL.finditer(text) if AT_WORD.search(text) else ():
        if not LOOKING.match(match[0].split()[0]):
            yield match.start(), match.end(), "[email]"
    for match in NAMED_HANDLE.finditer(text):
        group = "handle" if match["handle"] else "named"
        yield match.start(group), match.end(group), "[handle]"


class PrivacyFilter:
    """Replaces personal data by tokens. Build one per process: it holds the list of given names."""

    def __init__(self, given_names: frozenset[str]) -> None:
        # In order of precedence: what an earlier finder claims, a later one leaves alone.
        self._finders: tuple[Finder, ...] = (
            find_addresses_on_the_internet,
            find_numbers,
            find_postcodes,
            find_addresses,
            NameFinder(given_names).find_names,
        )

    def redact(self, text: str) -> Redacted:
        """Return `text` with every piece of personal data replaced by a token."""
        postcodes: list[str] = []
        text = strip_unseen(text)
        # Taking one thing out can bring another to light, so look until nothing more is found.
        for _ in range(PASSES):
            redacted = self._redact_once(text, postcodes)
            if redacted == text:
                break
            text = redacted
        return Redacted(text, tuple(postcodes))

    def _redact_once(self, text: str, postcodes: list[str]) -> str:
        folded = _fold_same_length(text)
        claimed: list[tuple[int, int, str]] = []
        for finder in self._finders:
            for start, end, token in finder(folded):
                if start < end and not any(start < e and s < end for s, e, _ in claimed):
                    claimed.append((start, end, token))
        pieces: list[str] = []
        position = 0
        for start, end, token in sorted(claimed):
            if token == "[postcode]":  # noqa: S105 - a marker, not a password
                postcodes.append(re.sub(r"[^0-9a-z]", "", folded[start:end].lower()).upper())
            pieces += [text[position:start], token]
            position = end
        return "".join(pieces) + text[position:]
