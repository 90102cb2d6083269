"""The search page: choices, a list of results, and a small drawn locator. Its address is the search, to be shared."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.responses import HTMLResponse

from referral_directory.errors import InvalidInput
from referral_directory.place_tables import Place
from referral_directory.places import PlaceAnswer, find_place
from referral_directory.web.context import get_directory
from referral_directory.web.locator import draw_locator
from referral_directory.web.pages import list_topics
from referral_directory.web.searching import (
    LANGUAGES,
    LONGEST_WORDS,
    About,
    Asked,
    Way,
    read_moment,
    run_search,
)
from referral_directory.web.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
PAGE_SIZE = 30
OLDEST = 120
WAYS = {
    "walk_in": "Walk in",
    "phone": "By phone",
    "online": "Online",
    "self_referral": "Without being referred",
}
PEOPLE = {
    "woman": "A woman",
    "man": "A man",
    "refugee": "A refugee, or seeking asylum",
    "traveller": "A Gypsy or Traveller",
    "carer": "An unpaid carer",
    "self_employed": "Self-employed",
    "private_renter": "Renting from a private landlord",
    "social_tenant": "A council or housing association tenant",
}
DISTANCES = {"1.6": "A mile: a 20 minute walk", "4": "4 km: a short bus ride", "8": "8 km: across the city"}


def _none_if_empty(text: object) -> object:
    """A field of a form that was left empty arrives as an empty text."""
    return None if text == "" else text


Blank = BeforeValidator(_none_if_empty)


class Form(BaseModel):
    """The fields of the search form, as they came."""

    model_config = ConfigDict(frozen=True)

    q: str = Field("", max_length=LONGEST_WORDS)
    need: list[str] = Field([], max_length=30)
    place: str = Field("", max_length=200)
    open_only: bool = False
    open_at: Annotated[str | None, Blank] = Field(None, max_length=40)
    speaks: Annotated[str | None, Blank] = Field(None, max_length=10)
    free: bool = False
    step_free: bool = False
    way: list[Way] = Field([], max_length=5)
    within_km: Annotated[float | None, Blank] = Field(None, gt=0, le=100)
    age: str = Field("", max_length=20)
    about: list[About] = Field([], max_length=8)


@router.get("/services")
async def show_search(request: Request, form: Annotated[Form, Query()]) -> HTMLResponse:
    """Search with a list of results."""
    directory = get_directory(request)
    where = find_place(directory.tables, form.place) if form.place.strip() else None
    errors = _find_errors(form, directory.clock())
    # A search with a slip in one choice is made without that choice: help comes first.
    searched = await run_search(directory, _asked(form, where, errors))
    cards = searched.found.cards
    page = render(
        "search.html",
        form=form,
        errors=errors,
        q=form.q,
        chosen=set(form.need),
        # A postcode is not written back into the page: what was understood is.
        place=where.query if where and where.query else "",
        where=where,
        near=searched.place if where is None else None,
        about=searched.about,
        topics=list_topics(directory),
        languages={code: name for code, name in LANGUAGES.items() if code != "en"},
        ways=WAYS,
        people=PEOPLE,
        distances=DISTANCES,
        has_choices=_has_choices(form),
        services=cards,
        total=searched.found.total,
        share=_address(form, where, errors),
        locator=draw_locator(cards, _middle(searched.place)),
    )
    return HTMLResponse(page, 422 if errors else 200)


def _find_errors(form: Form, now: datetime) -> dict[str, str]:
    """What is wrong with the choices that are typed, by field."""
    errors = {}
    age = form.age.strip()
    if age and not (age.isdecimal() and int(age) <= OLDEST):
        errors["age"] = f"Write the age in years as a number from 0 to {OLDEST}, such as 34."
    try:
        read_moment(form.open_at, now)
    except InvalidInput:
        errors["open_at"] = "Choose a date and a time, at most a year from now."
    return errors


def _asked(form: Form, where: PlaceAnswer | None, errors: dict[str, str]) -> Asked:
    chosen = form.model_dump(exclude={"place", "need", *errors}, exclude_defaults=True)
    if "age" in chosen:
        chosen["age"] = int(form.age)
    needs = [code for code in form.need if code]
    if where is None or where.place is None:
        return Asked(need=needs, limit=PAGE_SIZE, **chosen)
    place = where.place
    return Asked(need=needs, limit=PAGE_SIZE, ward=place.ward.code, lat=place.lat, lon=place.lon, **chosen)


def _has_choices(form: Form) -> bool:
    """Whether any of the further choices is made, which are folded away otherwise."""
    return bool(form.model_dump(exclude={"q", "need", "place"}, exclude_defaults=True))


def _address(form: Form, where: PlaceAnswer | None, errors: dict[str, str]) -> str:
    """The address of this search without what is empty, and with no more of a postcode than was understood."""
    fields = form.model_dump(exclude={"place", *errors}, exclude_defaults=True)
    fields["need"] = [code for code in form.need if code]
    if where is not None and where.query:
        fields["place"] = where.query
    written = {name: "true" if value is True else value for name, value in fields.items() if value}
    return "/services?" + urlencode(written, doseq=True)


def _middle(place: Place | None) -> tuple[float, float] | None:
    return (place.lat, place.lon) if place is not None else None
