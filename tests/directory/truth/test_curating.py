"""What curators see and do."""

from datetime import date

from tests.directory.factories import make_row, seed, write_starter
from tests.directory.staff.visiting import csrf_of, send
from tests.directory.truth.visiting import LARDER, OLD_LARDER, RECORD


def form_of(page) -> dict[str, str]:
    """Every field of the edit form with the value that it shows."""
    import html5lib

    tree = html5lib.parse(page.text, namespaceHTMLElements=False)
    form = next(one for one in tree.iter("form") if one.get("action", "").endswith("/edit"))
    values: dict[str, list[str]] = {}
    for one in form.iter():
        name = one.get("name")
        if one.tag == "input" and (one.get("type") != "checkbox" or one.get("checked") is not None) and name:
            values.setdefault(name, []).append(one.get("value") or "")
        elif one.tag == "textarea":
            values[name] = [(one.text or "").removeprefix("\n")]
        elif one.tag == "select":
            values[name] = [
                option.get("value") for option in one.iter("option") if option.get("selected") is not None
            ]
    return values


def edit(curator, **changes):
    """Open the form, change some fields, and save."""
    typed = form_of(curator.get(f"{RECORD}/edit"))
    return curator.post(f"{RECORD}/edit", data=typed | changes, follow_redirects=False)


def test_the_queue_holds_what_is_due_or_doubtful_and_nothing_else(curator, clock):
    page = curator.get("/staff/records")
    assert "Old Larder" in page.text
    assert "Ask if it is still open." in page.text
    assert "Harehills Larder" not in page.text
    clock.move(days=30)
    assert curator.get("/staff").status_code in (200, 303)


def test_a_record_that_people_in_need_rely_on_is_due_after_three_months(
    visitor, settings, clock, administrator
):
    clock.move(minutes=20)
    write_starter(settings.data_dir, [make_row(checked_on="2026-08-03", source_date="2026-08-03")])
    seed(settings)
    assert "Due since 1 November 2026" in administrator.get("/staff/records").text


def test_one_click_confirms_and_the_card_says_who_checked_it_and_when(curator, card, clock):
    assert card()["checked"]["by"] == "the source named"
    answer = send(curator, RECORD, f"{RECORD}/confirm")
    assert answer.headers["location"] == f"{RECORD}?said=confirm"
    checked = card()["checked"]
    assert (checked["date"], checked["date_text"], checked["by"]) == (
        "2026-11-02",
        "2 November 2026",
        "Signpost Leeds",
    )
    assert "Next check due: 31 January 2027" in curator.get(RECORD).text


def test_an_edit_shows_at_once_and_its_history_says_who_changed_what(curator, card):
    assert edit(curator, phone="0113 496 0001", cost="£1").status_code == 303
    assert (card()["phone"], card()["cost"]) == ("0113 496 0001", "£1")
    history = curator.get(f"{RECORD}/history").text
    assert "Administrator" in history or "account of this machine" in history.casefold()
    assert "0113 496 0000" in history
    assert "0113 496 0001" in history


def test_an_edit_is_taken_back_and_that_is_taken_back_too(curator, card):
    edit(curator, phone="0113 496 0001")
    send(curator, f"{RECORD}/history", f"{RECORD}/undo", number="0")
    assert card()["phone"] == "0113 496 0000"
    send(curator, f"{RECORD}/history", f"{RECORD}/undo", number="1")
    assert card()["phone"] == "0113 496 0001"
    assert curator.get(f"{RECORD}/history").text.count("<h2>Version") == 4


def test_saving_a_form_unchanged_changes_nothing(curator, card):
    before = card()
    assert edit(curator).status_code == 303
    assert card() == before
    assert "Nothing was changed" in curator.get(f"{RECORD}/history").text


def test_what_cannot_be_used_is_said_at_its_field_and_nothing_is_saved(curator, card):
    for changes, field in (
        ({"opening_hours": "always"}, "opening_hours"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"phone": "ring us"}, "phone"),
        ({"name": ""}, "name"),
        ({"areas": "Bradford"}, "areas"),
    ):
        page = edit(curator, **changes)
        assert page.status_code == 422, changes
        assert f'id="{field}-wrong"' in page.text, changes
        assert 'value="0113 496 0000"' in page.text or field == "phone"
    assert card()["name"] == "Harehills Larder"


def test_two_curators_do_not_overwrite_one_another(curator, card):
    first = form_of(curator.get(f"{RECORD}/edit"))
    second = form_of(curator.get(f"{RECORD}/edit"))
    assert (
        curator.post(f"{RECORD}/edit", data=first | {"cost": "£1"}, follow_redirects=False).status_code == 303
    )
    page = curator.post(f"{RECORD}/edit", data=second | {"cost": "£2"})
    assert page.status_code == 422
    assert "Somebody else changed this record" in page.text
    assert card()["cost"] == "£1"


def test_a_new_postcode_moves_the_point_and_the_ward(curator, card):
    before = card()
    edit(curator, postcode="LS12 3AA")
    after = card()
    assert (after["lat"], after["lon"]) != (before["lat"], before["lon"])
    assert after["ward"] not in (None, before["ward"])


def test_a_withdrawn_record_is_gone_everywhere_and_comes_back(curator, visitor):
    for published, status in (("no", 404), ("yes", 200)):
        send(curator, RECORD, f"{RECORD}/publish", published=published)
        for path in ("/services/{}", "/api/services/{}", "/openreferral/v3/services/{}"):
            assert visitor.get(path.format(LARDER)).status_code == status, path


def test_a_doubtful_record_is_not_published_and_the_page_says_why(curator, visitor):
    doubtful = f"/staff/records/{OLD_LARDER}"
    page = send(curator, doubtful, f"{doubtful}/publish", published="yes")
    assert page.status_code == 422
    assert "low confidence" in page.text
    assert visitor.get(f"/services/{OLD_LARDER}").status_code == 404


def test_what_a_curator_changed_survives_the_starter_file(curator, card, settings):
    edit(curator, cost="£1")
    report, _ = seed(settings)
    assert report.kept == ["harehills-larder"]
    assert card()["cost"] == "£1"


def test_duplicates_are_found_and_merged_and_the_old_address_leads_on(curator, visitor, settings, card):
    twin = make_row(id="twin", name="Harehills Larder (food)", email="twin@example.org", languages="Polish")
    write_starter(settings.data_dir, [make_row(), twin])
    seed(settings)
    pairs = curator.get("/staff/records/alike").text
    assert "Compare and merge" in pairs
    found = visitor.get("/api/services/search", params={"q": "larder food"}).json()["services"]
    other = next(one["id"] for one in found if one["external_id"] == "twin")
    page = f"{RECORD}/merge?other={other}"
    assert "Polish" in curator.get(page).text
    assert send(curator, page, f"{RECORD}/merge", other=other).status_code == 303
    assert card()["languages"] == ["Polish"]
    assert card()["email"] == "twin@example.org"
    answer = visitor.get(f"/services/{other}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (301, f"/services/{LARDER}")
    assert "(food)" not in curator.get("/staff/records/alike").text


def test_merging_a_record_with_itself_is_refused(curator):
    assert send(curator, f"{RECORD}/merge", other=str(LARDER)).status_code == 409


def test_bank_holidays_and_christmas_week_are_in_the_calendar(curator):
    page = curator.get("/staff/exceptions").text
    for day in (
        "Thursday 24 December, Christmas week",
        "Friday 25 December, bank holiday",
        "Friday 1 January, bank holiday",
    ):
        assert day in page
    assert "2 November" not in page.split("What is known")[0]


def test_a_closed_week_shows_on_cards_and_in_the_week_and_ends(curator, card, clock):
    send(
        curator, "/staff/exceptions?words=larder", "/staff/exceptions",
        service=str(LARDER), kind="closed", first_day="2026-11-02", last_day="2026-11-04",
    )  # fmt: skip
    shown = card()
    assert shown["open"] == {"state": "closed", "text": "Closed up to and including Wednesday 4 November"}
    assert shown["notice"]["text"].startswith("Closed up to and including Wednesday 4 November.")
    assert [day["text"] for day in shown["week"]][:4] == ["Closed", "Closed", "Closed", "9am to 5pm"]
    clock.move(days=3)
    assert card()["notice"] is None
    assert card()["open"]["state"] == "open"


def test_other_times_on_christmas_eve_replace_the_usual_ones(curator, card, clock):
    sent = send(
        curator, "/staff/exceptions?words=larder", "/staff/exceptions",
        service=str(LARDER), kind="hours", first_day="2026-12-24", last_day="2026-12-24", opening_hours="10:00-12:00",
    )  # fmt: skip
    assert sent.status_code == 303
    assert card()["notice"] is None
    clock.moment = clock.moment.replace(month=12, day=24, hour=13)
    assert card()["open"]["state"] == "closed"
    assert card()["open"]["text"] == "Closed now. Open today 10am to midday, at other times than usual"
    assert {"day": "Thursday", "text": "10am to midday"} in card()["week"]


def test_wrong_days_and_times_of_an_exception_are_said_at_their_field(curator):
    for changes, field in (
        ({"last_day": "2026-10-01"}, "last_day"),
        ({"last_day": "soon"}, "last_day"),
        ({"last_day": "2029-01-01"}, "last_day"),
        ({"kind": "hours", "opening_hours": "noon"}, "opening_hours"),
        ({"kind": "elsewhere"}, "kind"),
        ({"service": []}, "service"),
    ):
        typed = {
            "service": str(LARDER),
            "kind": "closed",
            "first_day": "2026-11-02",
            "last_day": "2026-11-03",
            "words": "larder",
        }
        page = send(curator, "/staff/exceptions?words=larder", "/staff/exceptions", **(typed | changes))
        assert page.status_code == 422, changes
        assert f'href="#{field}"' in page.text, changes


def test_pages_of_curators_are_closed_to_other_roles(app, administrator, new_browser, clock):
    from tests.directory.staff.visiting import invite, set_up

    browser = new_browser()
    set_up(browser, invite(administrator), clock())
    for path in ("/staff/records", RECORD, f"{RECORD}/edit", f"{RECORD}/history", "/staff/exceptions"):
        assert browser.get(path).status_code == 403, path


def test_a_hundred_clicks_on_confirm_are_one_check(curator, card):
    token = csrf_of(curator.get(RECORD))
    for _ in range(5):
        curator.post(f"{RECORD}/confirm", data={"csrf_token": token})
    assert card()["checked"]["date"] == date(2026, 11, 2).isoformat()
    assert curator.get(f"{RECORD}/history").text.count("<h2>Version") == 2
