"""The first safety screen: is somebody in danger? Design rule 2: every message, before anything else.

Pure. `Screener.screen` is the seam: a trained classifier can stand behind the same call. The patterns are in
`bot.safety_patterns`; this module brings a message into one plain spelling and weighs what was found.
"""

import re
import unicodedata
from dataclasses import dataclass
from types import ModuleType
from typing import Literal, Protocol

from bot import (
    safety_patterns,
    safety_patterns_arabic,
    safety_patterns_chinese,
    safety_patterns_latin,
    safety_patterns_urdu_persian,
)

# The languages of the assistant besides English, by the letters that a message has: Urdu is written in both.
IN_LATIN_LETTERS = (safety_patterns_latin, safety_patterns_urdu_persian)
IN_OTHER_LETTERS = (safety_patterns_urdu_persian, safety_patterns_arabic, safety_patterns_chinese)
OTHER_LETTER = re.compile("[\u0590-\uffff]")

Level = Literal["none", "unsure", "sure"]

# If two risks are equally certain the card for the one that runs out of time first is shown first.
ORDER = ("medical", "gas_leak", "violence", "suicide_self_harm", "domestic_abuse", "child_safety")

UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\u202a-\u202e\u2066-\u2069]")
REPEATED = re.compile(r"([a-z])\1{2,}")
SENTENCE_END = re.compile(r"[.!?\n;]+")
NOT_WORD = re.compile(r"[^\w .,/]+")
SPACES = re.compile(r"\s+")

# Spellings of phones and of Yorkshire, brought to one; apostrophes are gone by then.
SPELLINGS = {
    "u": "you", "ur": "your", "r": "are", "wanna": "want to", "wana": "want to", "gonna": "going to",
    "gona": "going to", "gunna": "going to", "gna": "going to", "gunner": "going to", "tryna": "trying to",
    "kms": "kill myself", "2": "to", "b": "be", "n": "and", "meself": "myself", "mesen": "myself",
    "missen": "myself", "myslef": "myself", "mysel": "myself", "mself": "myself", "mysekf": "myself",
    "hisself": "himself", "hissen": "himself", "theirself": "themself", "theirselves": "themselves",
    "hersen": "herself", "hersel": "herself", "himsel": "himself", "owt": "anything", "nowt": "nothing",
    "summat": "something", "sumthing": "something", "tho": "though", "breath": "breathe",
    "breth": "breathe", "breathin": "breathing", "coz": "because", "cos": "because", "bc": "because",
    "killin": "killing", "hurtin": "hurting", "hittin": "hitting", "beatin": "beating", "livin": "living",
    "dyin": "dying", "cuttin": "cutting", "feelin": "feeling", "kil": "kill", "kiil": "kill",
    "dieing": "dying", "cannot": "cant", "cnt": "cant", "carnt": "cant", "cudnt": "couldnt", "dnt": "dont",
    "aint": "isnt", "sucide": "suicide", "suicde": "suicide", "suiside": "suicide", "suacide": "suicide",
    "siucide": "suicide", "sucidal": "suicidal", "suicidle": "suicidal", "suisidal": "suicidal",
    "suicidial": "suicidal", "sucidial": "suicidal", "overdoes": "overdose", "overdosed": "overdosed",
    "oding": "overdosing", "leek": "leak", "gass": "gas", "monoxyde": "monoxide",
    "minoxide": "monoxide", "alrm": "alarm", "smeel": "smell", "abussive": "abusive", "abusiv": "abusive",
    "voilent": "violent", "violant": "violent", "vilent": "violent", "husbend": "husband",
    "husban": "husband", "hubby": "husband", "bf": "boyfriend", "gf": "girlfriend", "bfs": "boyfriend",
    "fella": "partner", "fellas": "partner", "missus": "wife", "mrs": "wife", "scard": "scared",
    "scaired": "scared", "freind": "friend", "thretening": "threatening", "threatning": "threatening",
    "threatend": "threatened", "threatned": "threatened", "thretened": "threatened",
    "strangeld": "strangled", "unconcious": "unconscious", "unconsious": "unconscious",
    "brething": "breathing", "bleedin": "bleeding", "seizuer": "seizure", "insuline": "insulin",
    "worthles": "worthless", "anymor": "anymore", "mam": "mum", "ma": "mum", "bairn": "child",
    "bairns": "children", "babby": "baby", "bby": "baby", "lil": "little", "ppl": "people",
    "sum1": "someone", "some1": "someone", "somebody": "someone",
}  # fmt: skip
PHRASES = (
    (re.compile(r"\bi am\b"), "im"),
    (re.compile(r"\bi have\b"), "ive"),
    (re.compile(r"\b(he|she|it) (?:is|has)\b"), r"\1s"),
    (re.compile(r"\bthey are\b"), "theyre"),
    (re.compile(r"\bdo not\b"), "dont"),
    (re.compile(r"\bcan not\b"), "cant"),
    (re.compile(r"\bwill not\b"), "wont"),
    (re.compile(r"\bany more\b"), "anymore"),
    (re.compile(r"\bmy self\b"), "myself"),
    (re.compile(r"\bto day\b"), "today"),
    # Not the word alone: to a Polish speaker it is "from".
    (re.compile(r"\b(ods|od on)\b"), "overdose on"),
    (re.compile(r"\b(an|going to|might|will|just|tried to|trying to) od\b"), r"\1 overdose"),
)


@dataclass(frozen=True)
class Screening:
    """What the screen found: how certain it is, and of which risks, the most pressing first.

    `certain` are those of them that were said in plain words of another language than English.
    """

    level: Level = "none"
    risks: tuple[str, ...] = ()
    certain: tuple[str, ...] = ()

    @property
    def risk(self) -> str | None:
        """The most pressing risk, or None."""
        return self.risks[0] if self.risks else None


class Screen(Protocol):
    """Anything that can say whether somebody may be in danger."""

    def screen(self, text: str) -> Screening:
        """Return what was found in one message."""
        ...


class PatternScreen:
    """Screens with fixed patterns, compiled once when this is built."""

    def __init__(self) -> None:
        self._idioms = re.compile("|".join(f"(?:{idiom})" for idiom in safety_patterns.IDIOMS))
        self._unsure = {risk: _compile(patterns) for risk, patterns in safety_patterns.UNSURE.items()}
        self._english = _Dangers(safety_patterns)
        others = {each: _Dangers(each) for each in {*IN_LATIN_LETTERS, *IN_OTHER_LETTERS}}
        self._in_latin_letters = [others[each] for each in IN_LATIN_LETTERS]
        self._in_other_letters = [others[each] for each in IN_OTHER_LETTERS]

    def screen(self, text: str) -> Screening:
        """Return the risks that the patterns see in one message, in whatever spelling it comes."""
        plain = self._idioms.sub(" ~ ", bring_to_plain_spelling(text))
        english = self._english.find(plain)
        certain: dict[str, Level] = {}
        for language in self._in_other_letters if OTHER_LETTER.search(plain) else self._in_latin_letters:
            certain |= language.find(plain)
        sure = {risk for found in (english, certain) for risk, level in found.items() if level == "sure"}
        if sure:
            return Screening(
                "sure",
                tuple(risk for risk in ORDER if risk in sure),
                tuple(risk for risk in ORDER if certain.get(risk) == "sure"),
            )
        milder = english.keys() | certain.keys()
        unsure = tuple(risk for risk in ORDER if risk in milder or self._unsure[risk].search(plain))
        return Screening("unsure", unsure) if unsure else Screening()


class _Dangers:
    """The plain words of danger of one module of patterns, and what makes them milder."""

    def __init__(self, patterns: ModuleType) -> None:
        self._sure = {risk: _compile(patterns.SURE[risk]) for risk in ORDER}
        self._milder = {risk: _compile(milder) for risk, milder in patterns.DOWNGRADES.items() if milder}

    def find(self, plain: str) -> dict[str, Level]:
        """Return each risk that is named: "unsure" where other words put it into the past or deny it."""
        return {
            risk: "unsure" if risk in self._milder and self._milder[risk].search(plain) else "sure"
            for risk in ORDER
            if self._sure[risk].search(plain)
        }


def bring_to_plain_spelling(text: str) -> str:
    """Return the message in small letters, without accents, apostrophes and the spellings of phones.

    Sentences stay apart (" . "), so that a pattern does not join words of two of them.
    """
    decomposed = unicodedata.normalize("NFKD", UNSEEN.sub("", text).lower())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    plain = re.sub(r"['’‘`´]", "", plain)
    plain = SENTENCE_END.sub(" . ", plain)
    plain = NOT_WORD.sub(" ", plain).replace(",", " ").replace("/", " ")
    plain = REPEATED.sub(r"\1", plain)
    words = (SPELLINGS.get(word, word) for word in plain.split())
    plain = SPACES.sub(" ", " ".join(words))
    for pattern, spelling in PHRASES:
        plain = pattern.sub(spelling, plain)
    return f" {plain} "


def _compile(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?:{pattern})" for pattern in patterns))
