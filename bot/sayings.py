"""What the front door says of its own accord in a conversation, in the resident's language."""

from bot.language_reader import ENGLISH
from bot.languages import CHANGE_LANGUAGE, LANGUAGE_PAYLOAD
from bot.messages import Button, Message
from bot.translations import Words, get_words, list_languages

# The bot's own button: it never reaches Rasa.
TRY_AGAIN = "/try_again"
# In the order of the welcome: what most people ask for comes first.
TOPICS = ("food", "fuel", "housing", "money", "digital", "essentials", "wellbeing")


def welcome(language: str | None) -> Message:
    """Return the welcome, with a button for each topic."""
    words = get_words(language)
    return Message(text=words("welcome"), buttons=topic_buttons(words))


def topic_buttons(words: Words) -> list[Button]:
    """Return a button for each topic."""
    return [
        Button(title=words(f"welcome_{topic}"), payload=f'/choose_topic{{"topic": "{topic}"}}')
        for topic in TOPICS
    ]


def also_here(language: str | None) -> Message:
    """Return what follows an urgent card when nothing else was asked for."""
    return Message(text=get_words(language)("also_here"))


def all_answered(language: str | None) -> Message:
    """Return the answer to "try again" when nothing waits."""
    return Message(text=get_words(language)("all_answered"))


def try_again_button(language: str | None, key: str = "try_again") -> Button:
    """Return the button that asks for the answer to a message that was left without one."""
    return Button(title=get_words(language)(key), payload=TRY_AGAIN)


def sorry(language: str | None, numbers: str, why: str = "sorry") -> Message:
    """Return what to do while the assistant is away, or has too much to do ("crowded"), with `numbers` to ring."""
    return Message(text=f"{get_words(language)(why)}\n{numbers}", buttons=[try_again_button(language)])


def say_language(language: str) -> Message:
    """Return the line that says which language is spoken from now on, what stays in English, and the way back."""
    words = get_words(language)
    if language == ENGLISH:
        return Message(text=words("now_in"), buttons=[other_languages_button(words)])
    said = [words("now_in"), words("facts_in_english")]
    if words.checked_by is None:
        said.append(words("not_checked"))
    return Message(
        text=" ".join(said), buttons=[language_button(get_words(ENGLISH)), other_languages_button(words)]
    )


def offer_language(language: str) -> Message:
    """Return the offer to go on in another language, in that language."""
    words = get_words(language)
    return Message(text=words("offer"), buttons=[language_button(words)])


def language_button(words: Words) -> Button:
    """Return the button that changes to the language of `words`, by its own name."""
    return Button(title=words.name, payload=f"{LANGUAGE_PAYLOAD}{words.language}")


def other_languages_button(words: Words) -> Button:
    """Return the button that shows all languages."""
    return Button(title=words("other_languages"), payload=CHANGE_LANGUAGE)


def language_menu(language: str | None) -> Message:
    """Return a button for each language."""
    return Message(
        text=get_words(language)("which_language"), buttons=[language_button(w) for w in list_languages()]
    )
