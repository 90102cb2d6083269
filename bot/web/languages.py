"""In which language a page speaks: the one that was chosen, the one that is spoken in the chat, the browser's."""

from fastapi import Request
from fastapi.responses import Response

from bot.translations import Words, get_words, load_words
from bot.web.cookies import CONVERSATION, cookie_name, keep_cookie

COOKIE = "language"


def choose_words(request: Request) -> Words:
    """Return the words for whoever asked.

    Those of the language that the conversation is held in, or else of the one that was chosen on a page, or else of
    the first language of the browser that we have.
    """
    known = load_words()
    # What is spoken in the chat is newer than a choice made before it.
    spoken = getattr(request.state, "language", None) or _spoken_language(request)
    chosen = spoken or request.cookies.get(cookie_name(request, COOKIE))
    if chosen in known:
        return known[chosen]
    for part in request.headers.get("accept-language", "").split(","):
        language = part.partition(";")[0].strip().lower().partition("-")[0]
        if language in known:
            return known[language]
    return get_words(None)


def has_chosen(request: Request) -> bool:
    """Return whether this browser has chosen a language of ours, rather than only being set to one."""
    return request.cookies.get(cookie_name(request, COOKIE)) in load_words()


def remember_language(request: Request, page: Response, language: str) -> None:
    """Have the browser keep the choice for a day; what is not one of our languages is ignored."""
    if language in load_words():
        keep_cookie(request, page, COOKIE, language)


def _spoken_language(request: Request) -> str | None:
    named = request.cookies.get(cookie_name(request, CONVERSATION), "")
    conversation = request.app.state.desk.conversations.find(named)
    return conversation.language if conversation else None


def prefer_language(request: Request, language: str) -> None:
    """Have this one page speak `language`; what is not one of our languages is ignored."""
    if language in load_words():
        request.state.language = language
