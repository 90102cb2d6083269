"""Guidance and schemes: dated, sourced, and never open when they are over."""

from datetime import date, datetime

import pytest

from referral_directory.catalogue.guidance import load_guidance
from referral_directory.catalogue.schemes import Standing, load_schemes, standing_of
from referral_directory.clock import LEEDS
from referral_directory.errors import BadFile
from referral_directory.needs import load_needs
from referral_directory.truth.plain_words import count_syllables, reading_age
from tests.directory.factories import DATA, make_client, make_row, seed, write_starter

NEEDS = load_needs(DATA / "need_codes.csv")
SCHEMES = load_schemes(DATA / "schemes", NEEDS)
WINTER = datetime(2026, 11, 22, 12, tzinfo=LEEDS)


@pytest.fixture
def engine_name() -> str:
    """Guidance comes from files: one database is enough."""
    return "sqlite"


@pytest.fixture
def at(settings, data_dir):
    """at(moment) -> a client of the directory at that moment."""
    (data_dir / "schemes").symlink_to(DATA / "schemes")
    write_starter(settings.data_dir, [make_row()])
    seed(settings)
    return lambda moment: make_client(settings, moment)


def test_every_scheme_names_its_source_and_the_day_to_read_it_again():
    assert {
        "warm-home-discount",
        "crisis-and-resilience-fund",
        "healthy-start",
        "renters-rights-act",
    } <= SCHEMES.keys()
    for scheme in SCHEMES.values():
        assert all(name and url.startswith("https://") for name, url in scheme.sources), scheme.id
        assert scheme.checked_on < scheme.review_by, scheme.id


def test_every_short_text_that_a_scheme_names_is_there():
    texts = {entry.id for entry in load_guidance(DATA / "starter" / "guidance.yaml", NEEDS)}
    assert {name for scheme in SCHEMES.values() for name in scheme.guidance} <= texts


def test_a_scheme_page_says_what_where_from_and_when(at):
    with at(WINTER) as client:
        page = client.get("/guidance/warm-home-discount").text
    assert "£150 off an electricity bill" in page
    assert "To be checked again by 31 January 2027" in page
    assert "https://www.gov.uk/the-warm-home-discount-scheme" in page
    assert 'href="/services?need=fuel.bills"' in page


def test_an_ended_scheme_is_never_shown_as_open(at):
    with at(WINTER) as client:
        page = client.get("/guidance/household-support-fund").text
        assert "Household Support Fund has ended" in page
        assert "/guidance/crisis-and-resilience-fund" in page
        assert "Find help near you" not in page
        before, after = client.get("/guidance").text.split("Schemes that have ended")
        assert "Household Support Fund" not in before
        assert "Household Support Fund" in after
        said = str(client.get("/api/guidance").json())
        assert "Household Support Fund" not in said
        assert "Discretionary" not in said.replace("took over from Discretionary Housing Payments", "")


def test_when_a_round_is_over_its_page_and_the_chats_text_say_so_by_themselves(at):
    """Nobody has to remember: the day after its last day a scheme has ended everywhere."""
    for moment, is_open in (
        (datetime(2027, 3, 31, 23, tzinfo=LEEDS), True),
        (datetime(2027, 4, 1, 1, tzinfo=LEEDS), False),
    ):
        with at(moment) as client:
            texts = [
                entry["id"]
                for entry in client.get("/api/guidance", params={"need": "fuel.bills"}).json()["guidance"]
            ]
            page = client.get("/guidance/warm-home-discount").text
        assert ("warm-home-discount" in texts) is is_open
        assert ("has ended" in page) is not is_open
        assert texts  # something is still said about bills


def test_a_scheme_begins_on_its_first_day():
    scheme = SCHEMES["warm-home-discount"]
    assert standing_of(scheme, date(2026, 9, 30)) is Standing.TO_COME
    assert standing_of(scheme, date(2026, 10, 1)) is Standing.OPEN


def test_a_page_past_its_date_says_that_it_may_be_wrong(at):
    with at(datetime(2027, 2, 1, 12, tzinfo=LEEDS)) as client:
        assert (
            "We meant to check this page by 31 January 2027"
            in client.get("/guidance/warm-home-discount").text
        )


def test_the_chats_guidance_leads_to_the_page(at):
    with at(WINTER) as client:
        entries = {entry["id"]: entry for entry in client.get("/api/guidance").json()["guidance"]}
        assert entries["told-to-leave"]["url"].endswith("/guidance/renters-rights-act")
        assert entries["debt-advice"]["url"] is None
        assert client.get("/guidance/nothing").status_code == 404


HEAD = "---\ntitle: A\nguidance: []\nregion: X\n{}---\nText"
SOURCED = "sources: [{name: a, url: b}]\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no head", "cannot be read"),
        (HEAD.format(f"needs: [moon]\n{SOURCED}review_by: 2027-01-01\n"), "moon"),
        (HEAD.format("needs: []\nsources: []\nreview_by: 2027-01-01\n"), "needs a source"),
        (HEAD.format(f"needs: []\n{SOURCED}review_by: soon\n"), "not a date"),
        (HEAD.format(f"needs: []\n{SOURCED}"), "review_by"),
    ],
)
def test_a_scheme_without_source_or_date_does_not_load(tmp_path, text, words):
    (tmp_path / "one.md").write_text(text, "utf-8")
    with pytest.raises(BadFile, match=words):
        load_schemes(tmp_path, NEEDS)


def test_the_reading_age_tells_a_plain_text_from_a_hard_one():
    plain = (
        "Ring the council. They can help with food and heat. You do not have to pay. "
        "Ask for a form and fill it in at home."
    )
    hard = (
        "Applicants demonstrating eligibility under the discretionary arrangements may, notwithstanding prior "
        "determinations, necessitate additional verification of circumstances preceding administrative consideration "
        "of exceptional hardship."
    )
    assert reading_age(plain) < 9
    assert reading_age(hard) > 18
    assert reading_age("Too short to tell.") is None


def test_syllables_are_counted_well_enough():
    known = {
        "help": 1, "council": 2, "electricity": 5, "supplier": 3, "table": 2, "notice": 2, "scheme": 1, "asked": 1,
        "rented": 2, "services": 3, "telephone": 3, "houses": 2, "advice": 2, "free": 1, "emergency": 4,
    }  # fmt: skip
    right = sum(count_syllables(word) == number for word, number in known.items())
    assert right >= 0.85 * len(known)
