"""Numbers that belong to one person: phones, NI, NHS, bank and card numbers, dates of birth."""

import re
from collections.abc import Iterator

# A letter o counts as a zero only where no other letter follows it ("07oo 900" yes, "0113 or" no).
DIGIT = r"(?:\d|o(?![a-np-z]))"
GAP = r"[\s.\-/()]{0,5}"

# Lines anybody may be given. Calls to these prefixes are free or charged as public lines; no person has one:
# 0800 and 0808 freephone, 03 for public bodies, 084 and 0870 for businesses (Ofcom national numbering plan).
PUBLIC_PREFIXES = ("0800", "0808", "03", "084", "0870", "116")
# Help lines of Leeds with an ordinary area code, as listed in the starter guidance.
PUBLIC_LINES = frozenset(
    {
        "01133760330", "01132224412", "01133788366", "01132459445", "01132460401", "01132609328",
        "01133760336", "01133760469", "01132224401", "01132692985", "01132277229", "07712106378",
    }
)  # fmt: skip

PHONE = re.compile(
    rf"(?<![\w£$€])(?:\({GAP}\+?|\+{GAP})?(?:(?:(?<=\+)|(?<=\+\s)|0{GAP}0{GAP}|(?=44)|o{GAP}o{GAP})4{GAP}4{GAP}"
    rf"(?:[0o]{GAP})?|[0o]{GAP})(?:{DIGIT}{GAP}){{8,9}}{DIGIT}(?!o?\d)",
    re.IGNORECASE,
)
FOREIGN_PHONE = re.compile(rf"(?<!\w)(?:\+{GAP}|00{GAP}(?=[1-9]))[1-9](?:{GAP}\d){{8,14}}(?!\d)")
SAID_PHONE = re.compile(
    r"\b(?:phone|mobile|mob|tel|telephone|landline|numbers?|whats\s?app|(?:ring|call|text) (?:me|us))\b"
    rf"(?:\W+(?:on|is|at|no|number|me)\b){{0,3}}\W{{0,3}}(?P<phone>(?:\+{GAP})?{DIGIT}(?:{GAP}{DIGIT}){{6,14}})(?!\w)",
    re.IGNORECASE,
)
_WORD_DIGIT = r"(?:zero|nought|naught|oh|o|one|two|three|four|five|six|seven|eight|nine|\d)"
SPELLED_PHONE = re.compile(
    rf"\b(?:(?:double|treble|triple)[\s-]+)?{_WORD_DIGIT}(?:[\s,.-]+(?:(?:double|treble|triple)[\s-]+)?{_WORD_DIGIT}){{7,15}}\b",
    re.IGNORECASE,
)
A_WORD = re.compile(r"[a-z]+", re.IGNORECASE)

NATIONAL_INSURANCE = re.compile(
    rf"(?<![a-z0-9])[a-z]{GAP}[a-z]{GAP}(?:[\do]{GAP}){{6}}[a-d](?![a-z0-9])"
    rf"|(?<![a-z0-9])[a-ceghj-prstw-z][a-ceghj-nprstw-z](?:\d{{6}}|[\s.-]?\d{{2}}[\s.-]\d{{2}}[\s.-]\d{{2}})(?![a-z0-9])"
    rf"|\b(?:ni|n\.i\.|nino|national insurance)(?:\s+(?:number|no|num))?\W+(?:is\W+)?(?P<ni>[a-z]{{2}}{GAP}"
    rf"{DIGIT}(?:{GAP}{DIGIT}){{4,6}}(?:{GAP}[a-d])?)(?![a-z0-9])",
    re.IGNORECASE,
)
# A run is the longest stretch of digits with at most five separators between them.
RUN = re.compile(r"(?<![\w£$€])\d(?:[\s.\-/]{0,5}\d){6,}(?!\w)")
NHS = re.compile(r"(?<![\d£])\d{3}[\s.-]{0,2}\d{3}[\s.-]{0,2}\d{4}(?!\d)")
IBAN = re.compile(r"(?<!\w)[a-z]{2}\d{2}\s?(?:[a-z]{4}\s?)?(?:\d\s?){10,24}(?!\w)", re.IGNORECASE)
BANK = re.compile(
    r"(?<!\d)\d{2}[-\s.]?\d{2}[-\s.]?\d{2}\W{1,4}(?:(?:and|account|acc(?:ount)?|a/c|number|no|is)\W+){0,4}\d{4}[\s-]?\d{4}(?!\d)"
    r"|\bsort\s?code\W+(?:is\W+)?(?P<sort>\d{2}[-\s.]?\d{2}[-\s.]?\d{2})(?!\d)"
    r"|\b(?:account|acc|a/c|bank)\W+(?:(?:number|no|num)\W+)?(?:is\W+)?(?P<account>\d{3,4}[\s-]?\d{3,4})(?!\d)",
    re.IGNORECASE,
)
LICENCE = re.compile(r"(?<!\w)[a-z9]{5}\s?\d{6}\s?[a-z9]{2}\s?\d[a-z]{2}(?!\w)", re.IGNORECASE)

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:(?:19|20)\d{2}|'?\d{2})"
# Without further words a whole date this long ago is a birthday; a later one may be an eviction date.
_OLD_YEAR = r"(?:19\d{2}|200\d|201[0-5])"
_ORDINAL = r"(?:st|nd|rd|th)?"


def _date(year: str) -> str:
    return (
        rf"(?:{_DAY}[\s./-]{{1,3}}(?:0?[1-9]|1[0-2])[\s./-]{{1,3}}{year}"
        rf"|{_DAY}{_ORDINAL}\s*(?:of\s+)?{_MONTH}[\s,.-]*{year}|{_MONTH}\s*{_DAY}{_ORDINAL}[\s,]*{year}"
        rf"|{year}[-/.](?:0?[1-9]|1[0-2])[-/.]{_DAY})"
    )


BORN = re.compile(
    rf"\b(?:dob|d\.o\.b\.?|date of birth|born|birthday|birth date)\b\W*(?:(?:is|was|on|in|the|=)\W+){{0,3}}"
    rf"(?P<date>{_date(_YEAR)}|{_DAY}{_ORDINAL}\s*(?:of\s+)?{_MONTH}|(?<=in )(?:19|20)\d{{2}}|\d{{6,8}})"
    r"(?!\d)",
    re.IGNORECASE,
)
OLD_DATE = re.compile(rf"(?<![\w£]){_date(_OLD_YEAR)}(?!\d)", re.IGNORECASE)


def find_numbers(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and token of every personal number, the most telling kind first."""
    if SPELLED_PHONE.search(text):
        yield from _find_spelled_phones(text)
    if not any(character.isdigit() for character in text):
        return
    for pattern, group, token in (
        (BORN, "date", "[dob]"),
        (OLD_DATE, None, "[dob]"),
        (LICENCE, None, "[number]"),
        (IBAN, None, "[bank]"),
    ):
        for match in pattern.finditer(text):
            yield match.start(group or 0), match.end(group or 0), token
    yield from _find_grouped(text, NATIONAL_INSURANCE, "[ni]")
    yield from _find_cards(text)
    yield from _find_grouped(text, BANK, "[bank]")
    # Phones come before NHS numbers, because ten digits after +44 can happen to have the right check digit.
    yield from _find_phones(text)
    yield from _find_nhs_numbers(text)
    yield from _find_long_runs(text)


def _find_grouped(text: str, pattern: re.Pattern[str], token: str) -> Iterator[tuple[int, int, str]]:
    """Yield the named part of each match if there is one, or else all of it."""
    for match in pattern.finditer(text):
        named = [name for name, value in match.groupdict().items() if value]
        group: str | int = named[0] if named else 0
        yield match.start(group), match.end(group), token


def _find_spelled_phones(text: str) -> Iterator[tuple[int, int, str]]:
    for match in SPELLED_PHONE.finditer(text):
        # A list of ages in figures is no phone number: it takes digits written as words, one after another.
        if len(A_WORD.findall(match[0])) >= 6:
            yield match.start(), match.end(), "[phone]"


def _find_nhs_numbers(text: str) -> Iterator[tuple[int, int, str]]:
    for match in NHS.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if is_nhs_number(digits) and not is_public_number(digits):
            yield match.start(), match.end(), "[nhs]"


def _find_cards(text: str) -> Iterator[tuple[int, int, str]]:
    for match in RUN.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if 13 <= len(digits) <= 19 and is_card_number(digits):
            yield match.start(), match.end(), "[card]"
        elif 13 <= len(digits) <= 19 and digits[0] in "3456":
            # Card numbers begin with these; one with a slip in it is as private as one without.
            yield match.start(), match.end(), "[number]"


def _find_phones(text: str) -> Iterator[tuple[int, int, str]]:
    for pattern, group in ((PHONE, 0), (FOREIGN_PHONE, 0), (SAID_PHONE, "phone")):
        for match in pattern.finditer(text):
            if not is_public_number(_national_digits(match[group])):
                yield match.start(group), match.end(group), "[phone]"


def _find_long_runs(text: str) -> Iterator[tuple[int, int, str]]:
    for match in RUN.finditer(text):
        groups = re.findall(r"\d+", match[0])
        digits = "".join(groups)
        # Seven figures in one piece, or nine in pieces that are not all short, are somebody's number of some
        # kind; "3 5 7 9 11" are ages, and 0800 lines are anybody's.
        long = len(max(groups, key=len)) >= 7 or (len(digits) >= 9 and len(max(groups, key=len)) >= 3)
        if long and not is_public_number(_national_digits(match[0])):
            yield match.start(), match.end(), "[number]"


def _national_digits(written: str) -> str:
    digits = re.sub(r"\D", "", re.sub("o", "0", written, flags=re.IGNORECASE))
    for prefix in ("0044", "44"):
        if digits.startswith(prefix) and len(digits) > 10:
            rest = digits.removeprefix(prefix)
            return rest if rest.startswith("0") else f"0{rest}"
    return digits


def is_public_number(digits: str) -> bool:
    """Return whether these digits (from 0, no spaces) are a public line and not somebody's phone."""
    return digits in PUBLIC_LINES or (digits.startswith(PUBLIC_PREFIXES) and len(digits) <= 11)


def is_card_number(digits: str) -> bool:
    """Return whether the last digit is the check digit of a payment card (Luhn, ISO/IEC 7812-1)."""
    total = 0
    for position, character in enumerate(reversed(digits)):
        value = int(character) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_nhs_number(digits: str) -> bool:
    """Return whether ten digits end in the check digit of an NHS number (modulus 11, NHS Data Dictionary)."""
    if len(digits) != 10:
        return False
    check = 11 - sum(int(digit) * (10 - position) for position, digit in enumerate(digits[:9])) % 11
    return (0 if check == 11 else check) == int(digits[9])
