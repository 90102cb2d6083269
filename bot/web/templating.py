"""Renders the residents' pages: our templates, GOV.UK Frontend's components in them, and the words of a language."""

import hashlib
import re
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.messages import Card
from bot.opening_words import describe_opening
from bot.translations import ENGLISH, Words, get_words, list_languages
from bot.web.languages import choose_words
from bot.web.problems import Problem

HERE = Path(__file__).parent
MILES_PER_KM = 0.621371

PHONE_IN_TEXT = re.compile(r"(?<![\w£])(?:0\d{2,4}(?: ?\d{3,4}){1,3}|116 123|999|111|105)(?!\w)")
# Both are asked only if a resident follows the link, and learn no more than where a public door is.
MAP = "https://www.openstreetmap.org/search"
BUS = "https://www.google.com/maps/dir/"


class Pages:
    """Renders the templates. Everything that goes into them is escaped."""

    def __init__(self, directory_url: str) -> None:
        self._components = Environment(
            loader=PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "phones": link_phones, "dial": dial, "mail": mail, "door_map": link_map, "bus": link_bus
        }  # fmt: skip
        self._templates.globals |= {
            "asset": {path.name: _stamp(path) for path in (HERE / "static").iterdir() if path.is_file()},
            "govuk": self.component,
            "directory_url": directory_url.rstrip("/"),
        }

    def component(self, component: str, /, **params: Any) -> Markup:
        """Return a component of GOV.UK Frontend, for example `govuk("button", text="Send")`."""
        # The macros ask for parameters that are not there, which our own templates may never do.
        module = self._components.get_template(
            f"govuk_frontend_jinja/components/{component}/macro.html"
        ).module
        macro = getattr(module, "govuk" + "".join(part.capitalize() for part in component.split("-")))
        return Markup(str(macro(params)).strip())  # noqa: S704 - the macros escape what they are given

    def render(self, request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """Return the page in the language of whoever asked."""
        words = choose_words(request)
        language = "en-GB" if words.language == ENGLISH else words.language
        known = {
            "t": words, "words": words, "lang": language, "languages": list_languages(), "embedded": False,
            "away": partial(describe_distance, words=words), "opening": partial(describe_opening, words=words),
        }  # fmt: skip
        html = self._templates.get_template(template).render(known | context)
        return HTMLResponse(html, status, headers={"Content-Language": words.language})

    def render_problem(self, request: Request, problem: Problem) -> HTMLResponse:
        """Return a page that says what went wrong and what to do."""
        return self.render(
            request, "problem.html", problem.status, problem=problem.in_words(choose_words(request))
        )


def get_pages(request: Request) -> Pages:
    """Return what renders the pages of the application that got the request."""
    pages: Pages = request.app.state.pages
    return pages


def link_phones(text: str) -> Markup:
    """Return the text, escaped, with every phone number as a link that dials it."""
    pieces, position = [], 0
    for match in PHONE_IN_TEXT.finditer(text):
        pieces += [
            escape(text[position : match.start()]),
            Markup('<a href="{}">{}</a>').format(dial(match[0]), match[0]),
        ]
        position = match.end()
    return Markup("").join([*pieces, escape(text[position:])])


def dial(number: str) -> str:
    """Return the `tel:` address of a number as people write it; of two numbers, the first."""
    digits = re.sub(r"\(0\)|[^\d+]", "", re.split(r"[/,;]|\bor\b|\bext", number)[0])
    return f"tel:{digits}"


def mail(address: str) -> str:
    """Return the `mailto:` address of an e-mail address; of two, the first."""
    return f"mailto:{quote(re.split(r'[\s,;]+', address.strip())[0], safe='@.+-_')}"


def link_map(card: Card) -> str:
    """Return where a map of the door of a service is."""
    return f"{MAP}?{urlencode({'query': spell_address(card)})}"


def link_bus(card: Card) -> str:
    """Return where the way to a service by bus is planned. It names the service's door and nothing of the resident."""
    return f"{BUS}?{urlencode({'api': '1', 'travelmode': 'transit', 'destination': spell_address(card)})}"


def spell_address(card: Card) -> str:
    """Return the address of a service in one line with its postcode once."""
    address, postcode = card.address or "", card.postcode or ""
    return address if not postcode or postcode in address else f"{address}, {postcode}"


def describe_distance(card: Card, words: Words | None = None) -> str:
    """Return how far a service is, in miles as people here count, or nothing if that is not known."""
    words = words or get_words(ENGLISH)
    if card.distance_km is None:
        return ""
    miles = card.distance_km * MILES_PER_KM
    if miles < 0.15:
        return words("away_very_near")
    return words("away_miles", miles=f"{miles:.1f}", km=f"{card.distance_km:.1f}")


def _stamp(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return f"/static/{path.name}?v={digest}"
