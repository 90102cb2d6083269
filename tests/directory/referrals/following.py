"""How tests make and follow a referral as staff, provider and resident do."""

import email
import re
from dataclasses import dataclass
from email.policy import default
from urllib.parse import urlsplit

from referral_directory.application.referrals import make_sender
from referral_directory.application.settings import Settings
from referral_directory.field_encryption import read_field_keys
from referral_directory.referrals.keeping_time import keep_time
from referral_directory.referrals.outbox import deliver_due
from tests.directory.factories import TestClient, opened
from tests.directory.staff.visiting import csrf_of, send

NAME, PHONE = "Wilhelmina Testperson", "0113 496 0555"
DETAILS = {
    "name": NAME,
    "phone": PHONE,
    "safe_contact": "No voicemail, never after six",
    "about": "Two children at home",
}
# What a service asks of everybody.
OVER_60 = {
    "text-0": "Is the person 60 or over?",
    "fits-0": "yes",
    "reason-0": "This is for people of 60 and over.",
}
DIET = {"text-1": "Is there a food allergy?", "fits-1": "any"}
PERSONAL = [NAME, PHONE, "No voicemail", "Two children", "gluten"]


class Post:
    """The outbox's worker, run by hand, and the folder it writes to."""

    def __init__(self, settings: Settings, clock) -> None:
        self.settings, self.clock = settings, clock
        self.keys = read_field_keys(settings.get_field_keys())

    def deliver(self):
        with opened(self.settings) as database:
            return deliver_due(database, self.keys, make_sender(self.settings), self.clock)

    def keep_time(self):
        with opened(self.settings) as database:
            return keep_time(database, self.keys, self.clock(), lambda *_: None)

    def messages(self):
        paths = sorted(
            (self.settings.state_dir / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns
        )
        return [email.message_from_bytes(path.read_bytes(), policy=default) for path in paths]

    def links(self) -> list[str]:
        texts = [message.get_content() for message in self.messages()]
        return [urlsplit(found).path for text in texts for found in re.findall(r"http\S+/provider/\S+", text)]

    def code(self) -> str:
        texts = [message.get_content() for message in self.messages()]
        return [found[1] for text in texts if (found := re.search(r"Your code is (\d{6})", text))][-1]


@dataclass
class Made:
    """A referral that was sent: its page, reference, code and the provider's link."""

    page: str
    reference: str
    code: str
    link: str


def start_draft(staff: TestClient, needs="food.parcel") -> str:
    """A draft; the path of its page."""
    answer = send(staff, "/staff/referrals/new", to="/staff/referrals", needs=[needs], place="Harehills")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removesuffix("/services")


def choose(staff: TestClient, page: str, service: str = "Harehills Larder"):
    """Choose a service by its name."""
    text = staff.get(f"{page}/services").text
    identity = re.search(rf"<h2>{service}</h2>.*?name=\"service\" value=\"([0-9a-f-]+)\"", text, re.DOTALL)[1]
    return send(staff, f"{page}/services", to=f"{page}/service", service=identity)


def agree(staff: TestClient, page: str, way: str = "read_aloud"):
    shown = staff.get(f"{page}/consent")
    return send(staff, f"{page}/consent", way=way, words=words_of(shown))


def words_of(page) -> str:
    """What a form carries of the consent text that stood on it."""
    return re.search(r'name="words" value="([0-9a-f]{64})"', page.text)[1]


def fill_in(staff: TestClient, page: str, button: str = "send", **changes: str):
    return send(staff, f"{page}/details", **(DETAILS | changes), button=button)


def make_referral(staff: TestClient, post: Post, service: str = "Harehills Larder") -> Made:
    """A referral that is sent and whose mail is delivered."""
    page = start_draft(staff)
    choose(staff, page, service)
    agree(staff, page)
    answer = fill_in(staff, page)
    assert answer.status_code == 303, answer.text
    post.deliver()
    sheet = re.findall(r"<dd><code>([^<]+)</code></dd>", staff.get(f"{page}/sheet").text)
    return Made(page, sheet[0], sheet[1], post.links()[-1])


def visit(provider: TestClient, post: Post, link: str):
    """Ask for the code and type it; the page behind it."""
    send(provider, link, to=f"{link}/code")
    post.deliver()
    answer = send(provider, link, to=f"{link}/enter", code=post.code())
    assert answer.status_code == 303, answer.text
    return provider.get(link)


def answer(provider: TestClient, link: str, action: str, **fields: str):
    return send(provider, link, to=f"{link}/answer", action=action, **fields)


def act(staff: TestClient, page: str, action: str, **fields: str):
    return send(staff, page, to=f"{page}/act", action=action, **fields)


def look_up(resident: TestClient, made: Made, **fields: str):
    form = {"reference": made.reference, "code": made.code} | fields
    token = csrf_of(resident.get("/my-referral"))
    return resident.post("/my-referral", data={"csrf_token": token, **form})


def status_of(staff, page) -> str:
    return re.search(r"<dt>Status</dt><dd>([^,<]+)", staff.get(page).text)[1]


def go_to_the_pantry(staff, page) -> None:
    """Take a referral up again, and ask another service."""
    assert act(staff, page, "reopen").status_code == 303
    assert choose(staff, page, "Chapeltown Pantry").status_code == 303
