"""In which language a conversation is held: the first real message settles it, the resident changes it at any time.

Nothing that comes later changes it behind the resident's back: a message that reads clearly as another language gets
an offer to change, once. docs/decisions/0012-languages.md.
"""

import re
from dataclasses import dataclass, replace
from functools import cache

from bot.conversations import Conversation
from bot.language_reader import ENGLISH, LanguageReader
from bot.translations import LANGUAGES, load_words

# A button of ours that never reaches Rasa; what Rasa hears instead is the second.
LANGUAGE_PAYLOAD = "/language "
CHANGE_LANGUAGE = "/change_language"

# What people call our languages, in these languages.
NAMES = {
    "en": "english angielski angielsku engleză engleza englezește inglés ingles inglês الإنجليزية الانجليزية إنجليزي "
    "انجليزي انگریزی انگلیسی 英语 英文",
    "pl": "polish polski polsku polska poloneză poloneza polaco polonês polonés البولندية بولندي پولش لهستانی 波兰语",
    "ro": "romanian română romana românește romaneste rumuński rumuńsku rumano romeno الرومانية رومانی رومانيایی "
    "罗马尼亚语",
    "ar": "arabic arabski arabsku arabă araba árabe arabe العربية عربي بالعربي بالعربية عربی 阿拉伯语",
    "ur": "urdu اردو أردو الأردية الاردية 乌尔都语",
    "fa": "persian farsi dari perski persană persana persa فارسی الفارسية فارسي دری 波斯语",
    "es": "spanish español espanol castellano hiszpański hiszpańsku spaniolă spaniola espanhol الإسبانية الاسبانية "
    "ہسپانوی اسپانیایی 西班牙语",
    "pt": "portuguese português portugues portugalski portugalsku portugheză portugheza portugués البرتغالية پرتگالی "
    "پرتغالی 葡萄牙语",
    "zh": "chinese mandarin cantonese chiński chińsku chineză chineza chino chinês الصينية چینی چینی 中文 汉语 普通话 "
    "国语 粤语 广东话",
}
# What may stand around the name of a language in a wish to be answered in it.
AROUND = frozenset(
    "in into to back the a please pls plz can could you u we i do speak talk write answer reply switch change language "
    "it would like want me this use yes ok now po w na proszę prosze język jezyku zmień mów czy mówisz mozesz możesz "
    "pisać în limba va vă rog te vorbiți vorbiti vorbești pe en habla hablas hablar por favor idioma em fala falar "
    "falas pode língua mein mai karo karen baat zuban please bolo باللغة اللغة من فضلك أريد اريد هل تتكلم تتحدث ممكن "
    "میں بات کریں زبان کیا آپ بولتے ہیں براہ کرم به زبان لطفا صحبت می‌کنید کنید 请 说 用 你会 吗 讲 我要 可以".split()
)
LONGEST_WISH = 8
LONGEST_TEXT = 80
WORD = re.compile(r"[^\W\d_]+(?:[\u200c'’][^\W\d_]+)*")
# Chinese is written without spaces: these are taken out around the name.
CHINESE_AROUND = re.compile("请|说|用|你会|吗|讲|我要|我想|可以|换成|改成|能|回答|语言|[，。？！ ]")


@dataclass(frozen=True)
class Spoken:
    """What a message did to the language: `changed` to another than before, `chosen` by the resident's own wish.

    `offer` is another language that the message reads like, if it has not been offered yet.
    """

    changed: bool = False
    chosen: bool = False
    offer: str | None = None


def hear_language(
    reader: LanguageReader, conversation: Conversation, text: str, payload: str | None
) -> Spoken:
    """Settle, change or keep the language of the conversation after a message; `payload` is a pressed button's."""
    if payload is not None:
        wished = payload.removeprefix(LANGUAGE_PAYLOAD) if payload.startswith(LANGUAGE_PAYLOAD) else None
        return choose_language(conversation, wished) if wished in load_words() else Spoken()
    if asked := find_wished_language(text):
        return choose_language(conversation, asked)
    guessed = guess_language(reader, text)
    if guessed is None:
        return Spoken()
    if not conversation.language_settled:
        return _settle(conversation, guessed)
    if guessed in {conversation.language, *conversation.offered_languages}:
        return Spoken()
    conversation.offered_languages.add(guessed)
    return Spoken(offer=guessed)


def guess_language(reader: LanguageReader, text: str) -> str | None:
    """Return the language of ours that a message is clearly in, or None."""
    guess = reader.read(text)
    return guess.language if guess.settles and guess.language in load_words() else None


def choose_language(conversation: Conversation, language: str | None) -> Spoken:
    """Hold the conversation in this language from now on, because the resident wishes it."""
    if language is None:
        return Spoken()
    return replace(_settle(conversation, language), chosen=True)


def _settle(conversation: Conversation, language: str) -> Spoken:
    changed = language != (conversation.language or ENGLISH)
    conversation.language, conversation.language_settled = language, True
    return Spoken(changed=changed)


def find_wished_language(text: str) -> str | None:
    """Return the language that a message asks to be answered in ("polski", "in English please"), or None.

    Only a message that says little else is such a wish: "my mum speaks Urdu" is not.
    """
    plain = text.strip().lower()
    words = WORD.findall(plain[:LONGEST_TEXT])
    if not words or len(words) > LONGEST_WISH or len(plain) > LONGEST_TEXT:
        return None
    bare = CHINESE_AROUND.sub("", plain)
    by_name = _languages_by_name()
    if bare in by_name:
        return by_name[bare]
    named = [by_name[word] for word in words if word in by_name]
    around = all(word in by_name or word in AROUND for word in words)
    return named[-1] if named and around else None


@cache
def _languages_by_name() -> dict[str, str]:
    return {name: language for language in LANGUAGES for name in NAMES[language].split()}
