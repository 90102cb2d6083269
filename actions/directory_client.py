"""Asks the directory over HTTP: the only file here that knows its addresses and its JSON.

Every call has a short timeout and one retry, because a resident is waiting. When the directory does not answer,
``DirectoryUnavailable`` is raised and the action says so in human words.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

CONNECT_SECONDS = 0.5
READ_SECONDS = 2.0
CONNECTIONS = 32
REFUSALS = (400, 404, 409, 413, 422)


class DirectoryUnavailable(Exception):
    """The directory did not answer in time, twice, or answered that it is broken."""


class EnquiryRefused(Exception):
    """The directory will never take this enquiry; trying again cannot help."""


@cache
def _session() -> requests.Session:
    session = requests.Session()
    # One retry. Sending a count again is safe too: the directory knows it by its key.
    retry = Retry(
        total=1, backoff_factor=0.05, status_forcelist=(502, 503, 504), allowed_methods=("GET", "POST")
    )
    session.mount("http://", HTTPAdapter(pool_maxsize=CONNECTIONS, max_retries=retry))
    session.mount("https://", HTTPAdapter(pool_maxsize=CONNECTIONS, max_retries=retry))
    # Nothing here goes through a proxy, and looking for one costs a millisecond on every call.
    session.trust_env = False
    return session


def _base_url() -> str:
    return os.environ.get("DIRECTORY_URL", "http://127.0.0.1:8080").rstrip("/")


def _get(path: str, params: dict[str, Any]) -> Any:
    try:
        answer = _session().get(
            f"{_base_url()}{path}", params=params, timeout=(CONNECT_SECONDS, READ_SECONDS)
        )
        answer.raise_for_status()
        return answer.json()
    except requests.RequestException as error:
        # The cause is dropped on purpose: its text holds the address, and the address holds what was said.
        raise DirectoryUnavailable(type(error).__name__) from None


def find_place(said: str) -> dict[str, Any]:
    """Looks up a place as a resident says it.

    Returns the answer of ``GET /api/places``: ``status`` found, ambiguous, outside_leeds or not_found, with ``place``
    and ``options``.

    Raises:
        DirectoryUnavailable: no answer.
    """
    return dict(_get("/api/places", {"q": said[:200]}))


def search_services(
    need: str, place: dict[str, Any], exclude: list[str], limit: int, when: str = ""
) -> dict[str, Any]:
    """Finds published services for one need, best first, leaving out those with an id in ``exclude``.

    ``when`` says in words what time opening times are wanted of ("open on Sunday"); without it, now. Returns the answer
    of ``GET /api/services/search``: ``services`` (cards), ``total``, ``outcome``, and ``about``, the time in words.

    Raises:
        DirectoryUnavailable: no answer.
    """
    params: dict[str, Any] = {"need": need, "limit": limit}
    if place.get("lat") is not None:
        params |= {"lat": place["lat"], "lon": place["lon"]}
    if place.get("ward_code"):
        params["ward"] = place["ward_code"]
    if when:
        params["when"] = when[:100]
    if exclude:
        params["exclude"] = ",".join(exclude)
    return dict(_get("/api/services/search", params))


def list_guidance(need: str) -> list[dict[str, Any]]:
    """Returns the short guidance texts for a need, most useful first; ``url`` is a page with more, or None.

    Raises:
        DirectoryUnavailable: no answer.
    """
    return list(_get("/api/guidance", {"need": need})["guidance"])


def record_enquiry(enquiry: dict[str, Any]) -> None:
    """Adds one to the counter of an enquiry. The directory counts the same ``key`` once, so a retry is safe.

    Raises:
        DirectoryUnavailable: no answer.
        EnquiryRefused: the directory does not accept it.
    """
    try:
        answer = _session().post(
            f"{_base_url()}/api/enquiries",
            json=enquiry,
            headers={"Authorization": f"Bearer {_service_token()}"},
            timeout=(CONNECT_SECONDS, READ_SECONDS),
        )
        if answer.status_code in REFUSALS:
            raise EnquiryRefused(str(answer.status_code))
        answer.raise_for_status()
    except requests.RequestException as error:
        raise DirectoryUnavailable(type(error).__name__) from None


@cache
def _service_token() -> str:
    token = os.environ.get("SIGNPOST_SERVICE_TOKEN")
    if token:
        return token
    return (Path(os.environ.get("SIGNPOST_STATE_DIR", "var")) / "service-token").read_text().strip()
