"""Fetching an Open Referral feed page by page: with time-outs, retries and limits, whatever the other side does."""

import ipaddress
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import requests

from referral_directory.errors import BadFeed

PAGE_SIZE = 100
MOST_PAGES = 5_000
MOST_BYTES = 40_000_000
TIMEOUT = (10, 60)
# Half a second, one, two, four: an outage that lasts longer is for the next run, which goes on where this one stopped.
TRIES = 5
LONGEST_WAIT = 60
AGENT = "SignpostLeeds/1.0 (Open Referral import)"
TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `items` is None if it has not changed since its ETag; `last` says that none comes after it."""

    number: int
    items: list[Any] | None
    etag: str
    last: bool | None
    total_pages: int | None


@dataclass(slots=True)
class Feed:
    """A feed that is being read. `wait` is how long a time is slept: tests do not sleep."""

    address: str
    session: requests.Session
    wait: Callable[[float], None] = time.sleep


class CarefulSession(requests.Session):
    """Follows a feed to another place of its own host or of the internet, and never into a network of ours."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Where an answer sends us, if it does. Raises BadFeed."""
        target: str | None = super().get_redirect_target(resp)
        if target is not None and not _may_lead(resp.url, urljoin(resp.url, target)):
            raise BadFeed(resp.url, "sends into a network that is not public")
        return target


def _may_lead(here: str, there: str) -> bool:
    parts = urlsplit(there)
    if parts.scheme not in ("http", "https") or parts.netloc == urlsplit(here).netloc:
        # Of other schemes requests knows none, and says so.
        return True
    return all(address.is_global for address in _addresses_of(parts.hostname or ""))


def _addresses_of(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return [ipaddress.ip_address(str(address[0]).partition("%")[0]) for *_, address in found]


def base_of(address: str) -> str:
    """The address of a feed without slash or endpoint at its end. Raises BadFeed for what is no web address."""
    parts = urlsplit(address.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadFeed(address[:200], "is not an address that begins with https:// or http://")
    base = f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
    return base.removesuffix("/services").rstrip("/")


def open_feed(address: str, wait: Callable[[float], None] = time.sleep) -> Feed:
    """A feed to read from. Close its session when done."""
    session = CarefulSession()
    session.headers.update({"user-agent": AGENT, "accept": "application/json"})
    session.max_redirects = 5
    return Feed(base_of(address), session, wait)


def fetch_page(feed: Feed, number: int, etag: str = "") -> Page:
    """One page of services, with their parts if the feed gives them in lists. Raises BadFeed."""
    address = f"{feed.address}/services?page={number}&per_page={PAGE_SIZE}&full=true"
    status, headers, body = _get(feed, address, {"if-none-match": etag} if etag else {})
    if status == 304:
        return Page(number, None, etag, None, None)
    read = _read_json(address, body)
    items = read if isinstance(read, list) else None
    envelope = read if isinstance(read, dict) else {}
    for name in ("contents", "content"):
        if isinstance(envelope.get(name), list):
            items = envelope[name]
    if items is None:
        raise BadFeed(address, "is not a page of services: it has no list of contents")
    last = envelope.get("last_page", envelope.get("last"))
    total = envelope.get("total_pages", envelope.get("totalPages"))
    if isinstance(read, list):
        last = True
    return Page(
        number,
        items,
        headers.get("etag", "")[:300],
        last if isinstance(last, bool) else None,
        total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None,
    )


def fetch_service(feed: Feed, identity: str) -> dict[str, Any]:
    """Everything about one service. Raises BadFeed."""
    address = f"{feed.address}/services/{quote(identity, safe='')}"
    read = _read_json(address, _get(feed, address, {})[2])
    if not isinstance(read, dict):
        raise BadFeed(address, "is not a service")
    return read


def _get(
    feed: Feed, address: str, headers: dict[str, str]
) -> tuple[int, requests.structures.CaseInsensitiveDict[str], bytes]:
    """Status, headers and body; tried again after failures that pass. Raises BadFeed."""
    fault = ""
    for attempt in range(TRIES):
        if attempt:
            feed.wait(0.5 * 2 ** (attempt - 1))
        try:
            with feed.session.get(address, headers=headers, timeout=TIMEOUT, stream=True) as answer:
                if answer.status_code in TRY_AGAIN:
                    fault = f"answered {answer.status_code}"
                    _wait_as_asked(feed, answer.headers.get("retry-after", ""))
                    continue
                if answer.status_code not in (200, 304):
                    raise BadFeed(address, f"answered {answer.status_code}")
                return answer.status_code, answer.headers, _read_body(address, answer)
        except requests.TooManyRedirects as error:
            raise BadFeed(address, "sends from one address to another in a circle") from error
        except (requests.RequestException, OSError) as error:
            fault = f"could not be read ({type(error).__name__})"
    raise BadFeed(address, f"{fault}, {TRIES} times")


def _wait_as_asked(feed: Feed, text: str) -> None:
    if text.isascii() and text.isdigit():
        feed.wait(min(int(text[:6]), LONGEST_WAIT))


def _read_body(address: str, answer: requests.Response) -> bytes:
    parts, size = [], 0
    for part in answer.iter_content(1 << 16):
        size += len(part)
        if size > MOST_BYTES:
            raise BadFeed(address, f"is longer than {MOST_BYTES // 1_000_000} MB")
        parts.append(part)
    return b"".join(parts)


def _read_json(address: str, body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadFeed(address, "is not in UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise BadFeed(address, "is not JSON") from error
