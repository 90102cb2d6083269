"""The one module that knows how the directory is asked: where a place is, for a service, for a code for a person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from bot.errors import DirectoryFailed
from bot.messages import Card, Understood


@dataclass(frozen=True)
class FoundPlace:
    """Where a full postcode is. `status` is `found`, `outside_leeds` or `not_found`.

    The ward code and the point (degrees, two decimals, about 1 km) are there only if it was found.
    """

    status: str
    ward_code: str | None = None
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True)
class Code:
    """A handover code, how it is read aloud, and its last day in words."""

    code: str
    spoken: str
    last_day: str


class DirectoryClient:
    """Asks the referral directory. `token` gives the service token, which only handing over needs."""

    def __init__(self, url: str, timeout: float, token: Callable[[], str] = lambda: "") -> None:
        self._token = token
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            timeout=timeout,
            limits=httpx.Limits(max_connections=50, max_keepalive_connections=20),
            # The directory is next door: a proxy from the environment would see residents' postcodes.
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def get_place(self, postcode: str) -> FoundPlace:
        """Return where `postcode` is. Raises DirectoryFailed."""
        return await self._ask("/api/places", {"q": postcode})

    async def get_place_at(self, lat: float, lon: float) -> FoundPlace:
        """Return the ward at a point in degrees. Raises DirectoryFailed."""
        # A search says where it started from, and one result is the least that it can be asked for.
        found = await self._ask(
            "/api/services/search", {"lat": f"{lat:.2f}", "lon": f"{lon:.2f}", "limit": "1"}
        )
        return found if found.status == "found" else FoundPlace("outside_leeds")

    async def find_card(self, service: str) -> Card | None:
        """Return the card of a service, or None if it is not public. Raises DirectoryFailed."""
        found = await self._send("GET", f"/api/services/{service}", may_lack=True)
        return None if found is None else _read(Card.model_validate, found)

    async def list_openings(self, service: str) -> list[tuple[datetime, datetime]]:
        """Return when a service is open in the next days, as aware moments. Raises DirectoryFailed."""
        found = await self._send("GET", f"/api/services/{service}/openings", may_lack=True)
        return [] if found is None else _read(_read_openings, found)

    async def hand_over(self, understood: Understood, services: Sequence[str]) -> Code:
        """Return a code under which staff find needs, ward, language and services. Raises DirectoryFailed."""
        body = _describe(understood) | {"services": list(services)}
        found = await self._send("POST", "/api/handovers", json=body, headers=self._authorise())
        return _read(lambda said: Code(said["code"], said["spoken"], said["expires_text"]), found)

    async def list_self_referrals(self, services: Sequence[str]) -> set[str]:
        """Return which of these services take self-referrals now. Raises DirectoryFailed."""
        params = {"service": ",".join(services)}
        found = await self._send("GET", "/api/self-referrals", params=params, headers=self._authorise())
        return _read(lambda said: {str(one) for one in said["services"]}, found)

    async def make_self_referral(self, understood: Understood, service: str) -> str | None:
        """Return the address of a form that works once; None if the service has none. Raises DirectoryFailed."""
        body = _describe(understood) | {"service": service}
        found = await self._send(
            "POST", "/api/self-referrals", json=body, headers=self._authorise(), may_lack=True
        )
        return None if found is None else _read(lambda said: str(said["url"]), found)

    async def count_feedback(self, need: str, said: str, channel: str, language: str, key: str) -> None:
        """Have it counted whether services for a need helped; once per key. Raises DirectoryFailed."""
        body = {"need": need, "said": said, "channel": channel, "language": language, "key": key}
        await self._send("POST", "/api/feedback", json=body, headers=self._authorise(), has_body=False)

    def _authorise(self) -> dict[str, str]:
        try:
            return {"Authorization": f"Bearer {self._token()}"}
        except OSError as failure:
            raise DirectoryFailed("no_token") from failure

    async def _ask(self, path: str, params: dict[str, str]) -> FoundPlace:
        return _read(_read_place, await self._send("GET", path, params=params))

    async def _send(
        self, method: str, path: str, *, may_lack: bool = False, has_body: bool = True, **options: Any
    ) -> Any:
        """Return the JSON that comes back; None if it has no body, or for a 404 if the thing may be missing."""
        try:
            response = await self._http.request(method, path, **options)
        except httpx.TimeoutException as failure:
            raise DirectoryFailed("timeout") from failure
        except httpx.HTTPError as failure:
            raise DirectoryFailed("refused") from failure
        if response.status_code == 404 and may_lack:
            return None
        if not response.is_success:
            raise DirectoryFailed("status")
        return _read(lambda _: response.json(), None) if has_body else None

    async def is_ready(self) -> bool:
        """Return whether the directory answers."""
        try:
            return (await self._http.get("/healthz")).is_success
        except httpx.HTTPError:
            return False


def _read[Shape](read: Callable[[Any], Shape], body: Any) -> Shape:
    """Return what `read` makes of an answer. Raises DirectoryFailed for a shape that was not agreed on."""
    try:
        return read(body)
    except (ValueError, TypeError, KeyError, AttributeError) as failure:
        raise DirectoryFailed("unreadable") from failure


def _describe(understood: Understood) -> dict[str, object]:
    """Return what a handover carries of a conversation: nothing that tells who somebody is."""
    return {
        "needs": understood.needs,
        "ward_code": understood.place.ward_code if understood.place else None,
        "language": understood.language,
    }


def _read_openings(body: dict[str, Any]) -> list[tuple[datetime, datetime]]:
    return [
        (datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])) for one in body["openings"]
    ]


def _read_place(body: dict[str, object]) -> FoundPlace:
    place = body["place"]
    # A search has no status of its own: it has a place or it has none.
    status = body.get("status", "found" if place else "not_found")
    if status == "found" and isinstance(place, dict) and place.get("ward_code"):
        return FoundPlace("found", str(place["ward_code"]), float(place["lat"]), float(place["lon"]))
    return FoundPlace("outside_leeds" if status == "outside_leeds" else "not_found")
