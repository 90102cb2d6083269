import pytest

from actions import directory_client
from actions.directory_client import (
    DirectoryUnavailable,
    EnquiryRefused,
    find_place,
    list_guidance,
    record_enquiry,
    search_services,
)
from tests.actions.factories import ARMLEY, FOUND, make_search
from tests.stack import free_ports

ENQUIRY = {"need": "food.parcel", "key": "k"}


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(directory_client, "READ_SECONDS", 0.1)


def test_a_search_asks_for_the_need_near_the_place(directory):
    directory.usual["/api/services/search"] = (200, make_search(["a"]))
    found = search_services("food.parcel", ARMLEY, ["x", "y"], 3)
    assert [card["id"] for card in found["services"]] == ["a"]
    assert directory.asked[0].query == {
        "need": ["food.parcel"],
        "limit": ["3"],
        "lat": ["53.7973"],
        "lon": ["-1.5887"],
        "ward": ["E05011385"],
        "exclude": ["x,y"],
    }


def test_a_search_of_the_whole_city_names_no_place(directory):
    directory.usual["/api/services/search"] = (200, make_search([]))
    search_services("food.parcel", {"citywide": True}, [], 3)
    assert directory.asked[0].query == {"need": ["food.parcel"], "limit": ["3"]}


def test_guidance_is_a_list(directory):
    directory.usual["/api/guidance"] = (200, {"guidance": [{"text": "Ring"}]})
    assert list_guidance("food.parcel") == [{"text": "Ring"}]


def test_a_place_is_never_longer_than_the_directory_takes(directory):
    directory.usual["/api/places"] = (200, FOUND)
    find_place("x" * 500)
    assert directory.asked[0].query == {"q": ["x" * 200]}


def test_one_answer_that_the_directory_is_busy_is_forgiven(directory):
    directory.answers = [(503, {}), (200, FOUND)]
    assert find_place("Armley") == FOUND
    assert len(directory.asked) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_directory_that_stays_broken_is_unavailable(directory, status):
    directory.usual["/api/places"] = (status, {"detail": "Armley"})
    with pytest.raises(DirectoryUnavailable):
        find_place("Armley")
    assert len(directory.asked) <= 2


def test_a_directory_that_does_not_answer_is_asked_twice_and_then_unavailable(directory, impatient):
    directory.answering.clear()
    with pytest.raises(DirectoryUnavailable):
        find_place("Armley")
    directory.answering.set()
    assert len(directory.wait_for(2)) == 2


def test_a_directory_that_is_not_there_is_unavailable(monkeypatch):
    monkeypatch.setenv("DIRECTORY_URL", f"http://127.0.0.1:{free_ports(1)[0]}")
    with pytest.raises(DirectoryUnavailable):
        find_place("Armley")


def test_an_answer_that_is_no_json_is_unavailable(directory):
    directory.usual["/api/places"] = (200, b"<html>oops")
    with pytest.raises(DirectoryUnavailable):
        find_place("Armley")


def test_an_error_does_not_repeat_what_was_said(directory):
    directory.usual["/api/places"] = (500, {})
    with pytest.raises(DirectoryUnavailable) as failure:
        find_place("Secret Street")
    assert "Secret" not in str(failure.value)
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__


def test_a_proxy_of_the_environment_is_not_asked(directory, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_ports(1)[0]}")
    directory.usual["/api/places"] = (200, FOUND)
    assert find_place("Armley") == FOUND


def test_an_enquiry_is_recorded_with_the_service_token(directory, service_token):
    directory.usual["/api/enquiries"] = (204, None)
    record_enquiry(ENQUIRY)
    assert [(asked.body, asked.token) for asked in directory.asked] == [(ENQUIRY, f"Bearer {service_token}")]


@pytest.mark.parametrize("status", [400, 404, 409, 413, 422])
def test_an_enquiry_that_will_never_be_taken_is_refused(directory, status):
    directory.usual["/api/enquiries"] = (status, {})
    with pytest.raises(EnquiryRefused):
        record_enquiry(ENQUIRY)


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_an_enquiry_that_may_be_taken_later_is_not_refused(directory, status):
    directory.usual["/api/enquiries"] = (status, {})
    with pytest.raises(DirectoryUnavailable):
        record_enquiry(ENQUIRY)
