"""The one module that knows how the directory is asked where a place is."""

from dataclasses import dataclass

import httpx

from bot.errors import DirectoryFailed


@dataclass(frozen=True)
class FoundPlace:
    """Where a full postcode is. `status` is `found`, `outside_leeds` or `not_found`.

    The ward code and the point (degrees, two decimals, about 1 km) are there only if it was found.
    """

    status: str
    ward_code: str | None = None
    lat: float | None = None
    lon: float | None = None


class DirectoryClient:
    """Asks the referral directory where a postcode is."""

    def __init__(self, url: str, timeout: float) -> None:
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

    async def _ask(self, path: str, params: dict[str, str]) -> FoundPlace:
        try:
            response = await self._http.get(path, params=params)
        except httpx.TimeoutException as failure:
            raise DirectoryFailed("timeout") from failure
        except httpx.HTTPError as failure:
            raise DirectoryFailed("refused") from failure
        if not response.is_success:
            raise DirectoryFailed("status")
        try:
            return _read_place(response.json())
        except (ValueError, TypeError, KeyError, AttributeError) as failure:
            raise DirectoryFailed("unreadable") from failure

    async def is_ready(self) -> bool:
        """Return whether the directory answers."""
        try:
            return (await self._http.get("/healthz")).is_success
        except httpx.HTTPError:
            return False


def _read_place(body: dict[str, object]) -> FoundPlace:
    place = body["place"]
    # A search has no status of its own: it has a place or it has none.
    status = body.get("status", "found" if place else "not_found")
    if status == "found" and isinstance(place, dict) and place.get("ward_code"):
        return FoundPlace("found", str(place["ward_code"]), float(place["lat"]), float(place["lon"]))
    return FoundPlace("outside_leeds" if status == "outside_leeds" else "not_found")
