"""Names of people, where somebody introduces them."""

import re
from collections.abc import Iterator

WORD = r"[^\W\d_](?:[^\W\d_]|['’](?=[^\W\d_])|-(?=[^\W\d_]))*"
_SEPARATOR = r"[ \t]+"

# Openings after which the next word is a name, whatever its case. Each ends right before the name.
INTRODUCTION = re.compile(
    r"""(?:
      \b(?:(?:first|last|full|sur|maiden|second|real)\s?)?names?(?:['\s]s|\s+(?:is|are|was)|\s*[:=])\s+(?:called\s+)?
    | \b(?:my|his|her|their|our|me|the)\s+(?:(?:first|last|full|sur|maiden|second|real)\s?)?names?\s+
        (?!(?:is|are|was)\b)
    | (?:\A|[.!?,\n]\s*|\b(?:hi|hello|hey|hiya|ey\s+up)\s+)names\s+
    | \b(?:i\s?'?m|i\s+am|im|he'?s|she'?s|he\s+is|she\s+is|they\s+are)\s+(?:called|named)\s+
    | \b(?:son|daughter|husband|wife|partner|mum|mother|dad|father|baby|kid|child|boy|girl|brother|sister|
        friend|mate|neighbour|boyfriend|girlfriend|nan|grandad|landlord|worker|man|woman|lad|lass|bloke|someone|somebody)
        (?:'s|\s+is|\s+was|,)?\s+(?:called|named)\s+
    | \b(?:mr|mrs|ms|miss|mx|dr|rev|sir|lady)\b\.?\s+
    | \b(?:nazywam\s+si[eę]|mam\s+na\s+imi[eę]|mă\s+numesc|ma\s+numesc|numele\s+meu\s+este|
        me\s+llamo|mi\s+nombre\s+es|(?:o\s+)?meu\s+nome\s+é|chamo-me|me\s+chamo)\s+
    | (?:اسمي|إسمي|میرا\s+نام|اسم\s+من|نام\s+من)\s+
    )""",
    re.IGNORECASE | re.VERBOSE,
)
CHINESE = re.compile(
    r"(?:我叫|我的名字是|我的名字叫|我姓)\s?([\u4e00-\u9fff]{2,3}?)(?=[，。,.!！、\s]|我|\Z)"
)
# After these, a word is a name only if it is a given name that is not also an everyday word.
WEAK_INTRODUCTION = re.compile(
    r"\b(?:i\s?'?m|i\s+am|im|this\s+is|it'?s|its|it\s+is|(?:son|daughter|husband|wife|partner|mum|brother|sister|friend)"
    r"|call\s+me|known\s+as|ask\s+for|(?:speak|spoke|speaking|talk|talked|talking)\s+to"
    r"|regards,?|thanks,?|cheers,?|sincerely,?)\s+",
    re.IGNORECASE,
)
NAME_WORD = re.compile(WORD)
NEXT_WORD = re.compile(rf"{_SEPARATOR}({WORD})")

# Words that follow "name is" and "Mrs" without being a name, and words that end a name.
NOT_A_NAME = frozenset(
    """
    a about above after again aged ago all also always am an and another any anymore anyone are around
    as ask asking at away back bad be because been before behind being benefit benefits bill bills but
    by called came can cant cheers child children come correct cos could council coz credit currently
    cuz daughter day days debt desperate did didnt different do does doesnt doing done dont down due
    each electric electricity even ever every evicted facing family few find flat food for from gas get
    getting go going gone gonna good got had has hasnt have havent having he hello help her here hes hi
    him his home homeless house how hungry husband i id if ill im in into is isnt it its ive just keep
    kept kids know last left let like live lives living look lost made make me mine missing money more
    moved moving mum my name named names need needing needs never new next no nobody none not nothing
    now of off ok okay old on once one only or other our out over own paid partner pay paying people
    phone please pregnant put really regards registered rent right said same says see she shes since
    single sleeping so some someone son soon sorry spelled spelt stay staying still struggling stuck
    than thank thanks that thats the their them then there theres they theyre this those though three
    through til till to today tomorrow tonight too trying two under universal unknown until up us use
    used very waiting want wants was wasnt we week weeks well went were what when where which while who
    whos why wife will with without wont work working would wrong year years yes yesterday yet you your
    """.split()
)
MORE_WORDS = 3


class NameFinder:
    """Finds names that somebody introduces.

    `given_names` settle "I'm Dave" against "I'm hungry": those in lower case count in any case, those with a
    capital ("Grace") only when they are written so.
    """

    def __init__(self, given_names: frozenset[str]) -> None:
        self._given_names = given_names

    def find_names(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield start, end and token of every introduced name."""
        for match in INTRODUCTION.finditer(text):
            yield from self._find_name_at(text, match.end(), certain=True)
        for match in WEAK_INTRODUCTION.finditer(text):
            yield from self._find_name_at(text, match.end(), certain=False)
        if not text.isascii():
            for match in CHINESE.finditer(text):
                yield match.start(1), match.end(1), "[name]"

    def _find_name_at(self, text: str, start: int, *, certain: bool) -> Iterator[tuple[int, int, str]]:
        first = NAME_WORD.match(text, start)
        if first is None:
            return
        word = _bare(first[0])
        second = NEXT_WORD.match(text, first.end())
        if certain:
            is_name = word not in NOT_A_NAME
        else:
            is_name = not self._given_names.isdisjoint({word, first[0]}) or self._is_capitalised_pair(
                first[0], second
            )
        if is_name:
            yield start, self._end_of_name(text, first), "[name]"

    def _is_capitalised_pair(self, first: str, second: re.Match[str] | None) -> bool:
        # "I'm Yusuf Karimov": the second word decides, because "I'm Really" may be a phone's capital letter.
        if second is None or not (first.istitle() and second[1][0].isupper()):
            return False
        return _bare(second[1]) in self._given_names

    def _end_of_name(self, text: str, first: re.Match[str]) -> int:
        end = first.end()
        for count in range(MORE_WORDS):
            following = NEXT_WORD.match(text, end)
            if following is None or _bare(following[1]) in NOT_A_NAME:
                break
            # In lower case only one more word is taken: names without capitals are "dave smith", no longer.
            if not following[1][0].isupper() and (count > 0 or following[1][0].isascii() is False):
                break
            end = following.end()
        return end


def _bare(word: str) -> str:
    """Return the word in lower case without apostrophes and a possessive s."""
    return word.lower().replace("’", "'").removesuffix("'s").replace("'", "")
