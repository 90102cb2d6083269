"""Postcodes as people type them: case, spaces, and letters and digits taken for one another.

Source of the shapes: "Postcode" in the Government Data Standards Catalogue, and Royal Mail's Programmers'
Guide: the inward part is a digit and two letters out of those not easily misread (never C, I, K, M, O or V);
the outward part is one of A9, A99, AA9, AA99, A9A, AA9A.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

# The 124 postcode areas of the United Kingdom and the Crown dependencies (Royal Mail).
AREAS = frozenset(
    """AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN
    EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N
    NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN
    TQ TR TS TW UB W
    WA WC WD WF WN WR WS WV YO ZE""".split()
)
NEIGHBOURS = frozenset({"LS", "BD", "WF", "HD", "HG", "HX", "YO"})
# Only central London writes a letter at the end of the outward part (EC1A, W1A).
LETTERED_AREAS = frozenset("E EC N NW SE SW W WC".split())
OUTWARD_SHAPES = ("A9", "A99", "AA9", "AA99", "A9A", "AA9A")
INWARD_LETTERS = frozenset("ABDEFGHJLNPQRSTUWXYZ")

# What a key or an eye confuses: 0 with O, 1 with I (and with a small L).
TO_DIGIT = {"O": "0", "I": "1", "L": "1"}
TO_LETTERS = {"0": "O", "1": "IL"}

# Letters and digits with at most one gap: wide enough for every spelling, and checked by the rules below.
IN_TEXT = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z01][A-Za-z0-9]{1,3}\s?[\s.\-]?\s?[0-9OoIiLl][A-Za-z01]{2}(?![A-Za-z0-9])"
)


@dataclass(frozen=True, slots=True)
class Postcode:
    """A postcode or the front of one: outward "LS9", inward "6AB" (whole), "6" (a sector) or ""
    (an outcode).
    """

    outward: str
    inward: str

    @property
    def kind(self) -> str:
        """postcode, sector or outcode."""
        return {3: "postcode", 1: "sector", 0: "outcode"}[len(self.inward)]

    @property
    def sector(self) -> str:
        """ "LS9 6": not personal, it holds some 2,500 homes; "LS9" for an outcode."""
        return f"{self.outward} {self.inward[:1]}".strip()

    def __str__(self) -> str:
        return f"{self.outward} {self.inward}".strip()


def read_postcode(text: str) -> list[Postcode]:
    """Every reading of `text` as a whole as a postcode, sector or outcode, likeliest first; [] if it is none.

    There can be several: "LS101" is the outcode LS10 with a 1, and "1S9 6AB" begins with an L or an I.
    """
    squeezed = re.sub(r"[^A-Za-z0-9]+", " ", text).strip().upper()
    joined = squeezed.replace(" ", "")
    if not 2 <= len(joined) <= 7:
        return []
    readings: dict[Postcode, None] = {}
    front, _, back = squeezed.rpartition(" ")
    if front and len(back) == 1:
        readings.update(dict.fromkeys(_read(front.replace(" ", ""), back)))
    if len(joined) >= 5:
        readings.update(dict.fromkeys(_read(joined[:-3], joined[-3:])))
    # "ls 11" is an outcode, but "im 19" is somebody's age.
    if not readings and (not front or front in NEIGHBOURS):
        readings.update(dict.fromkeys(_read(joined, "")))
        if len(joined) >= 3 and not front:
            readings.update(dict.fromkeys(_read(joined[:-1], joined[-1:])))
    return list(readings)


def find_postcodes(text: str) -> list[Postcode]:
    """Whole postcodes inside a longer text, each in its likeliest reading."""
    found = []
    for match in IN_TEXT.finditer(text):
        readings = [reading for reading in read_postcode(match[0]) if reading.kind == "postcode"]
        found += readings[:1]
    return found


def _read(outward: str, inward: str) -> Iterator[Postcode]:
    for shape in OUTWARD_SHAPES:
        if len(shape) != len(outward):
            continue
        for front in _as_shape(outward, shape):
            area = re.match("[A-Z]+", front)
            if area is None or area[0] not in AREAS or re.search(r"\D0", front):
                continue
            if shape.endswith("9A") and area[0] not in LETTERED_AREAS:
                continue
            if not inward:
                yield Postcode(front, "")
                continue
            for back in _as_shape(inward, "9AA"[: len(inward)]):
                if all(letter in INWARD_LETTERS for letter in back[1:]):
                    yield Postcode(front, back)


def _as_shape(text: str, shape: str) -> list[str]:
    """The texts that `text` may stand for if its characters must be letters (A) and digits (9) as
    in `shape`.
    """
    choices = []
    for character, wanted in zip(text, shape, strict=True):
        if wanted == "9":
            choices.append(character if character.isdigit() else TO_DIGIT.get(character, ""))
        else:
            choices.append(character if character.isalpha() else TO_LETTERS.get(character, ""))
    return ["".join(letters) for letters in product(*choices)] if all(choices) else []
