"""Where somebody lives: full postcodes, and house numbers with their street."""

import re
from collections.abc import Iterator

# The 121 postcode areas of Great Britain and Northern Ireland with the islands (Royal Mail).
AREAS = frozenset(
    """
    AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH
    EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M
    ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST
    SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE
    """.split()
)
# Areas that are also everyday words or one letter: a space after them does not make a postcode ("me 2 3ed").
WORDLIKE = frozenset({"SO", "ME", "PA", "HA", "ST", "CO", "DA", "AL", "LA", "LE", "NE", "SE", "IM", "GU"})

# The last two letters of a postcode are never C, I, K, M, O or V (BS 7666), which spares "9am" and "5pm".
_INWARD = r"[0-9o][\s.-]?[abd-hjlnp-uw-z][\s.-]?[abd-hjlnp-uw-z]"
POSTCODE = re.compile(
    rf"(?<![a-z0-9£])(?P<area>[a-z]{{1,2}})(?P<gap>[\s.-]?)(?P<district>[0-9o](?:[\s]?[0-9o](?![a-z])|[0-9oa-hjkmnp-y])?)"
    rf"[\s.,\-/]{{0,3}}(?P<inward>{_INWARD})(?![a-z0-9])",
    re.IGNORECASE,
)
# As dictation writes it, "L S 8  3 P D": only the areas of Leeds, since single letters are also words.
SPELT_OUT = re.compile(
    rf"(?<![a-z0-9£])(?:l\s+s|b\s+d|w\s+f)\s*[0-9o](?:\s?[0-9o])?[\s.,\-/]{{0,3}}{_INWARD}(?![a-z0-9])",
    re.IGNORECASE,
)
ORDINAL = re.compile(
    r"(?:1st|2nd|3rd|[4-90]th)\s+(?:floor|time|child|baby|week|of|month|day|flat|bed|birthday|kid|one|letter|hand|year|"
    r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    re.IGNORECASE,
)

# "Samsung S21, 5gb data": phones have names that look like the first half of a postcode.
GIGABYTES = re.compile(r"\dgb\s+(?:of|data|sim|a\s+month|ram|memory|phone|plan|deal|left)\b", re.IGNORECASE)

_STREET = (
    r"street|st|str|road|rd|avenue|ave|av|lane|ln|drive|drv|dr|close|cl|crescent|cres|court|ct|grove|gr|terrace|terr|ter|"
    r"place|pl|gardens|gdns|garden|mount|mt|view|walk|way|row|square|sq|hill|park|rise|green|parade|approach|garth|"
    r"croft|fold|mews|vale|towers?|heights|house|villas|yard|gate|bank|chase|side|wood|parkway|boulevard|cottages?"
)
# Words that show the number counts something else: "2 kids in a street", "10 minutes from Roundhay Road".
_NOT_STREET = (
    r"kids?|children|child|bab(?:y|ies)|beds?|bedrooms?|bedroomed|in|on|at|from|off|of|and|to|up|down|near|by|for|"
    r"min|mins|minutes?|hours?|hrs?|miles?|days?|weeks?|wks?|months?|mths?|years?|yrs?|old|yo|pounds?|quid|people|adults?|"
    r"times?|nights?|doors?|boys?|girls?|sons?|daughters?|of|is|are|was|with|my|our|a|an|no|not|left|more|other|us|"
    r"buses|bus|stops?|different|flats?|rooms?|am|pm|i|im|we|need|this|that|until|till|or|bags?|meals?|percent|have|has"
)
HOUSE_AND_STREET = re.compile(
    rf"(?<![\w£$.,:/-])(?:(?:flat|apartment|apt|unit|room)\s*(?:\d{{1,4}}[a-z]?[\s,]+)?)?"
    rf"(?:no\.?\s*|number\s+|#)?\d{{1,4}}\s?[a-f]?[\s,]+(?:(?!(?:{_NOT_STREET})\b)[a-z][a-z'.-]*\s+){{1,3}}(?:{_STREET})\b"
    rf"(?!\s*[a-z]*\s*(?:minutes|mins)\b)",
    re.IGNORECASE,
)
FLAT = re.compile(
    rf"\b(?:flat|apartment|apt)\s*(?:no\.?\s*)?\d{{1,4}}[a-z]?\b(?:[\s,]+(?:(?!(?:{_NOT_STREET})\b)[a-z][a-z'-]*\s+){{1,3}}"
    rf"(?:{_STREET})\b)?",
    re.IGNORECASE,
)
THE_STREET = re.compile(
    rf"(?<![\w£$.,:/-])\d{{1,4}}[a-f]?[\s,]+the\s+(?:{_STREET}|avenue|oval|crossway|ring|circle)\b",
    re.IGNORECASE,
)
# A line that holds only a number and words that never end a street is not an address; these need capitals.
WEAK_ENDING = re.compile(
    r"\b(?:way|place|park|green|view|hill|row|house|side|bank|gate|wood|st|pl|house|garden|dr)\Z", re.I
)
COUNTED = re.compile(r"\A(?:no\.?\s*|number\s+|#)?\d{1,4}\s+[a-z]+s\s", re.IGNORECASE)


def find_postcodes(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and token of every full postcode; sectors ("LS9 6") and outcodes ("LS9") are left."""
    for match in POSTCODE.finditer(text):
        area = match["area"].upper()
        if area not in AREAS or (match["gap"] and (area in WORDLIKE or len(area) == 1)):
            continue
        inward = match.start("inward")
        if ORDINAL.match(text, inward) or GIGABYTES.match(text, inward):
            continue
        yield match.start(), match.end(), "[postcode]"
    for match in SPELT_OUT.finditer(text):
        yield match.start(), match.end(), "[postcode]"


def find_addresses(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and token of every house number with a street, and every numbered flat."""
    for pattern in (HOUSE_AND_STREET, THE_STREET, FLAT):
        for match in pattern.finditer(text):
            if pattern is HOUSE_AND_STREET and _only_looks_like_a_street(match[0]):
                continue
            yield match.start(), match.end(), "[address]"


def _only_looks_like_a_street(written: str) -> bool:
    # "2 cats this way" and "3 bags green" end like streets do; such a street is written with capitals.
    return bool(WEAK_ENDING.search(written)) and written == written.lower() and bool(COUNTED.match(written))


def spell_postcode(letters: str) -> str:
    """Return a postcode in its usual spelling: upper case, one space, and zero where a digit must be.

    `letters` has no spaces. A letter O typed for a zero is put right.
    """
    outward, inward = letters[:-3].upper(), letters[-3:].upper()
    area_length = 2 if outward[:2] in AREAS and len(outward) > 2 else 1
    district = outward[area_length:].replace("O", "0")
    return f"{outward[:area_length]}{district} {inward[0].replace('O', '0')}{inward[1:]}"
