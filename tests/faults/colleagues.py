"""Colleagues in community spaces who send referrals over HTTP, and press the button again until it is done."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID

import httpx

from scripts.staff_bars import DETAILS, SERVICE, TOKEN, WORDS

GIVE_UP_SECONDS = 120


class Colleague:
    """A member of staff with a browser."""

    def __init__(self, url: str, session: str) -> None:
        self.http = httpx.Client(
            base_url=url,
            headers={"accept": "text/html"},
            cookies={"signpost_session": session},
            timeout=15,
            trust_env=False,
        )
        self.token = ""

    def begin(self) -> UUID:
        """A draft with everything but the details."""
        self._get("/staff/referrals/new")
        started = self._post("/staff/referrals", needs="food.parcel", place="Harehills")
        assert started.status_code == 303, started.text[:300]
        page = started.headers["location"].removesuffix("/services")
        services = self._get(f"{page}/services").text
        self._post(f"{page}/service", service=SERVICE.search(services)[1])
        words = WORDS.search(self._get(f"{page}/consent").text)[1]
        assert self._post(f"{page}/consent", way="read_aloud", words=words).status_code == 303
        self._get(f"{page}/details")
        return UUID(page.rpartition("/")[2])

    def send(self, referral: UUID) -> int:
        """Press "send", and again if the page does not come or is a fault; how often it was pressed."""
        give_up, presses = time.monotonic() + GIVE_UP_SECONDS, 0
        while time.monotonic() < give_up:
            presses += 1
            try:
                answer = self._post(f"/staff/referrals/{referral}/details", **DETAILS, button="send")
            except httpx.TransportError:
                time.sleep(1)
                continue
            if answer.status_code < 500:
                # A second press for what was sent by the first is told so.
                sent = answer.headers.get("location") == f"/staff/referrals/{referral}?said=sent"
                assert sent or "This referral is sent" in answer.text, answer.text[:300]
                return presses
            time.sleep(1)
        raise AssertionError("never sent")

    def _get(self, path: str) -> httpx.Response:
        page = self.http.get(path)
        assert page.status_code == 200, page.text[:300]
        if found := TOKEN.search(page.text):
            self.token = found[1]
        return page

    def _post(self, path: str, **fields: str) -> httpx.Response:
        return self.http.post(path, data={"csrf_token": self.token} | fields)


class Colleagues:
    """Many of them, each with a draft that is ready."""

    def __init__(self, url: str, sessions: list[str]) -> None:
        self.people = [Colleague(url, session) for session in sessions]
        self.referrals: list[UUID] = [person.begin() for person in self.people]
        self.sent: list[Future[int]] = []
        self._pool = ThreadPoolExecutor(len(self.people))

    def __enter__(self) -> "Colleagues":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
        for person in self.people:
            person.http.close()

    def press(self, some: range) -> None:
        """Some of them press "send" now, a tenth of a second after one another."""
        for place, number in enumerate(some):
            person, referral = self.people[number], self.referrals[number]
            self.sent.append(self._pool.submit(self._send, place, person, referral))

    @staticmethod
    def _send(place: int, person: Colleague, referral: UUID) -> int:
        time.sleep(place * 0.1)
        return person.send(referral)

    def acknowledged(self) -> int:
        """How many referrals the directory has said to be sent."""
        return sum(future.done() for future in self.sent)

    def presses(self) -> int:
        """How often "send" was pressed. Raises AssertionError if a referral was never sent."""
        return sum(future.result() for future in self.sent)
