"""Made-up personal data in the spellings people use, for tests of the privacy filter.

Every strategy gives (what is written, what must not survive of it).
"""

import re

from hypothesis import strategies as st

Written = tuple[str, str]

SEPARATORS = st.sampled_from(["", " ", "-", ".", "  ", " - ", "/"])
DIGITS = st.text("0123456789", min_size=12, max_size=12)
TOKENS = st.from_regex(r"\A[a-z]{3,8}[0-9]{2}\Z")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def only_digits(written: str) -> str:
    folded = "".join(str(int(c)) if c.isdigit() else c for c in written.lower().replace("o", "0"))
    return re.sub(r"\D", "", folded)


@st.composite
def spaced(draw: st.DrawFn, digits: str, sizes: tuple[tuple[int, ...], ...]) -> str:
    """The digits in groups, with one kind of separator."""
    groups, rest = [], digits
    for size in draw(st.sampled_from(sizes)):
        groups.append(rest[:size])
        rest = rest[size:]
    separator = draw(SEPARATORS)
    return separator.join([*groups, rest] if rest else groups)


@st.composite
def phones(draw: st.DrawFn) -> Written:
    area = draw(st.sampled_from(["7", "113", "20", "1274", "161"]))
    national = (area + draw(DIGITS))[:10]
    prefix = draw(st.sampled_from(["0", "+44", "+44 ", "0044", "0044 ", "+44 (0)", "(0)", "44"]))
    rest = draw(
        spaced(national, ((4, 6), (4, 3, 3), (3, 3, 4), (2, 4, 4), (10,), (1,) * 10, (5, 5), (2, 2, 2, 2, 2)))
    )
    written = f"{prefix}{rest}"
    if prefix == "0" and draw(st.booleans()):
        written = f"({written[:4]}) {written[4:]}"
    style = draw(st.sampled_from(["plain", "letter o", "full width", "arabic", "persian"]))
    if style == "letter o":
        written = written.replace("0", draw(st.sampled_from("oO")))
    if style in {"full width", "arabic", "persian"}:
        written = written.translate({"full width": FULL_WIDTH, "arabic": ARABIC, "persian": PERSIAN}[style])
    return written, national


@st.composite
def spoken_phones(draw: st.DrawFn) -> Written:
    words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    zero = draw(st.sampled_from(["oh", "zero", "nought", "o"]))
    digits = "07" + draw(DIGITS)[:9]
    said = [zero if digit == "0" else words[int(digit)] for digit in digits]
    return draw(st.sampled_from([" ", ", ", " - "])).join(said), " ".join(said[2:8])


@st.composite
def emails(draw: st.DrawFn) -> Written:
    name = draw(TOKENS)
    domain = draw(
        st.sampled_from(["gmail.com", "hotmail.co.uk", "example.org", "mail.leeds-example.ac.uk", "wp.pl"])
    )
    style = draw(
        st.sampled_from(["{0}@{1}", "{0} @ {1}", "{0}@ {1}", "{0} at {2}", "{0} (at) {1}", "{0}[at]{2}"])
    )
    surname = draw(st.sampled_from(["", ".smith", "_x", "+food", "-leeds"]))
    written = style.format(name + surname, domain, domain.replace(".", " dot "))
    return (written.upper() if draw(st.booleans()) else written), name


@st.composite
def insurance_numbers(draw: st.DrawFn) -> Written:
    letters = draw(st.sampled_from("ABCEGHJKLMNPRSTWXYZ")) + draw(st.sampled_from("ABCEGHJKLMNPRSTWXYZ"))
    digits = draw(DIGITS)[:6]
    suffix = draw(st.sampled_from("ABCD"))
    separator = draw(st.sampled_from(["", " ", "-", ".", "  "]))
    written = separator.join([letters, digits[:2], digits[2:4], digits[4:], suffix])
    if draw(st.booleans()):
        written = written.lower()
    if digits.strip("0") and draw(st.booleans()):
        written = written[:2] + written[2:].replace("0", "O")
    return written, digits


@st.composite
def cards(draw: st.DrawFn) -> Written:
    length = draw(st.sampled_from([13, 15, 16, 19]))
    body = draw(st.sampled_from("3456")) + draw(
        st.text("0123456789", min_size=length - 2, max_size=length - 2)
    )
    total = 0
    for position, character in enumerate(reversed(body)):
        value = int(character) * (1 if position % 2 else 2)
        total += value - 9 if value > 9 else value
    digits = f"{body}{-total % 10}"
    written = draw(spaced(digits, ((4, 4, 4), (length,), (4, 6, 5), (4, 4, 4, 4))))
    return written, digits


@st.composite
def nhs_numbers(draw: st.DrawFn) -> Written:
    body = draw(st.sampled_from("4679")) + draw(st.text("0123456789", min_size=8, max_size=8))
    check = 11 - sum(int(digit) * (10 - place) for place, digit in enumerate(body)) % 11
    body += {11: "0", 10: ""}.get(check, str(check))
    if len(body) < 10:
        # No NHS number has this body; the nearest one that has is as good.
        body = "9434765919"
    return draw(spaced(body, ((3, 3, 4), (10,)))), body


@st.composite
def postcodes(draw: st.DrawFn) -> Written:
    outward = draw(
        st.sampled_from(["LS9", "LS10", "LS1", "LS27", "BD3", "WF3", "S1", "M20", "EC1A", "W1A", "YO26"])
    )
    letters = st.sampled_from("ABDEFGHJLNPQRSTUWXYZ")
    inward = draw(st.sampled_from("0123456789")) + draw(letters) + draw(letters)
    separator = draw(st.sampled_from([" ", "", "  ", "-", ".", " - "]))
    style = draw(st.sampled_from(["plain", "lower", "mixed", "letter o", "full width"]))
    written = outward + separator + inward
    if style == "letter o":
        written = re.sub(r"(?<=\d)0|(?<=[ .-])0", "O", written)
    written = {"lower": str.lower, "mixed": str.capitalize}.get(style, str)(written)
    if style == "full width":
        written = written.translate(FULL_WIDTH)
    if style == "lower" and outward.startswith(("LS", "BD", "WF")) and draw(st.booleans()):
        written = f"{written[:2]} {written[2:]}"
    return written, inward.lower()


CARRIERS = st.sampled_from(
    [
        "{}",
        "my number is {} thanks",
        "Call me on {}.",
        "ive no food and {} is all i have, 2 kids",
        "it's {}, I am 34 and need £40",
        "({})",
        "I live near Harehills: {}! please",
        "nothing in\n{}\nhelp",
        "mam na imię Ola, {} proszę",
        "call between 9am and 5pm {} or not",
        "LS9. {}?",
        "اتصل بي {} شكرا",
        '"{}"',
    ]
)
