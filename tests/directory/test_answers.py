"""Pages, problems, headers, logs: what every answer has in common."""

import json
import logging

import html5lib
import pytest
import structlog
from fastapi.routing import iter_route_contexts
from sqlalchemy import text as sql

from referral_directory.application.application import create_app
from referral_directory.application.logs import ALLOWED, configure_logs
from referral_directory.application.settings import Settings
from referral_directory.database import using_database
from tests.directory.factories import Start, TestClient, make_client, make_line, make_row

NASTY = '<script>alert("1")</script>&"\' {{ 7*7 }}'
PUBLIC = [
    "/",
    "/services",
    "/api/places?q=Armley",
    "/api/services/search",
    "/api/guidance",
    "/healthz",
    "/readyz",
]


def page(client: TestClient, address: str, status: int = 200):
    """The parsed page; every page has one h1, a title, a language, labels for fields, and the script for leaving."""
    answer = client.get(address, headers={"accept": "text/html"})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    document = parser.parse(answer.text)
    assert document.get("lang") == "en-GB"
    assert len(document.findall(".//h1")) == 1
    assert document.findtext(".//title")
    assert [script.get("src") for script in document.findall(".//script")] == ["/static/leave.js"]
    labelled = {label.get("for") for label in document.findall(".//label")}
    ids = [element.get("id") for element in document.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert {
        field.get("id") for tag in ("input", "select") for field in document.findall(f".//{tag}")
    } <= labelled
    for tag, attribute in (("link", "href"), ("img", "src"), ("form", "action")):
        assert all(element.get(attribute).startswith("/") for element in document.findall(f".//{tag}"))
    return document


def test_the_pages_work_from_the_way_in_to_a_service(start: Start) -> None:
    client = start([make_row(), make_line(needs="money.debt")])
    document = page(client, "/")
    links = [link.get("href") for link in document.findall(".//a")]
    assert "/services?need=food.parcel" in links
    results = page(client, "/services?need=food.parcel&place=Harehills")
    (link,) = list(results.findall(".//h3/a"))
    service = page(client, link.get("href"))
    text = " ".join("".join(service.itertext()).split())
    for expected in (
        "Harehills Larder", "Harehills Friends", "Food to take home.", "Come in and ask.", "0113 496 0000",
        "1 Example Street, Leeds LS9 6AB", "Open until 5pm today", "9am to 5pm", "28 August 2026", "Example list",
        "Gipton & Harehills", "Free", "Anyone", "How sure we are: high",
    ):  # fmt: skip
        assert expected in text


def test_everything_on_a_page_is_escaped(start: Start) -> None:
    columns = (
        "name",
        "organisation",
        "what",
        "how_to_get_help",
        "who_for",
        "cost",
        "address",
        "phone_note",
        "email",
    )
    client = start([make_row(**dict.fromkeys(columns, NASTY), opening_note=NASTY, documents=NASTY)])
    identity = client.get("/api/services/search").json()["services"][0]["id"]
    for address in ("/services", f"/services/{identity}", "/services?q=%3Cscript%3E&place=%3Cscript%3E"):
        document = page(client, address)
        assert "49" not in (document.findtext(".//h1") or "")
    assert NASTY in "".join(page(client, f"/services/{identity}").itertext())


@pytest.mark.parametrize("place", ["Harehills", "LS9 6AB", "Bradford", "Morley", "Leeds", "nowhere at all"])
def test_a_page_says_what_was_understood_of_a_place(client: TestClient, place: str) -> None:
    document = page(client, f"/services?place={place}")
    text = "".join(document.itertext())
    assert "6AB" not in text.split("Services", 2)[1]
    field = document.find(".//input[@id='place']")
    assert field is not None
    assert "6AB" not in field.get("value")


def test_a_browser_gets_a_page_for_an_error_and_a_program_a_problem(client: TestClient) -> None:
    assert "Not Found" in "".join(page(client, "/services/nothing", 404).itertext())
    page(client, "/no/such/page", 404)
    page(client, "/services?need=nope", 422)
    assert client.get("/no/such/page").headers["content-type"] == "application/problem+json"
    assert client.get("/api/nothing", headers={"accept": "text/html"}).json()["status"] == 404


BAD = [
    ("GET", "/api/services/search?need=nope", 422, "need"),
    ("GET", "/api/services/search?need=", 422, "need"),
    ("GET", "/api/services/search?postcode=zzz", 422, "postcode"),
    ("GET", "/api/services/search?postcode=", 422, "postcode"),
    ("GET", "/api/services/search?ward=E05000000", 422, "ward"),
    ("GET", "/api/services/search?ward=", 422, "ward"),
    ("GET", "/api/services/search?lat=53.8", 422, "lon"),
    ("GET", "/api/services/search?lon=-1.5", 422, "lat"),
    ("GET", "/api/services/search?lat=nan&lon=0", 422, "lat"),
    ("GET", "/api/services/search?lat=91&lon=0", 422, "lat"),
    ("GET", "/api/services/search?lat=x&lon=0", 422, "lat"),
    ("GET", "/api/services/search?open_at=yesterday", 422, "open_at"),
    ("GET", "/api/services/search?open_at=1066-10-14T09:00", 422, "open_at"),
    ("GET", "/api/services/search?open_at=9999-12-31T23:59:59-12:00", 422, "open_at"),
    ("GET", "/api/services/search?language=klingon", 422, "language"),
    ("GET", "/api/services/search?language=xx", 422, "language"),
    ("GET", "/api/services/search?limit=0", 422, "limit"),
    ("GET", "/api/services/search?limit=51", 422, "limit"),
    ("GET", "/api/services/search?exclude=1,2", 422, "exclude"),
    ("GET", f"/api/services/search?q={'x' * 501}", 422, "q"),
    ("GET", "/api/services/not-a-uuid", 422, "identity"),
    ("GET", "/api/services/00000000-0000-0000-0000-000000000000", 404, None),
    ("GET", "/api/guidance?need=nope", 422, "need"),
    ("GET", "/api/enquiries", 405, None),
    ("POST", "/api/places", 405, None),
    ("DELETE", "/api/services/search", 405, None),
    ("OPTIONS", "/api/services/search", 405, None),
    ("BREW", "/healthz", 405, None),
    ("GET", "/api/services/", 404, None),
    ("GET", "/static/../secrets", 404, None),
]


@pytest.mark.parametrize(("method", "address", "status", "field"), BAD)
def test_bad_input_is_a_clear_problem(
    client: TestClient, method: str, address: str, status: int, field: str | None
) -> None:
    answer = client.request(method, address)
    body = answer.json()
    assert (answer.status_code, body["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["title"]
    assert body["detail"]
    assert [error["field"] for error in body["errors"]] == ([field] if field else [])
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("body", [b"{", b"", b"\xff\xfe", b'"text"', b"[]", b"null"])
def test_a_body_that_is_no_object_is_a_problem(client: TestClient, body: bytes) -> None:
    headers = {"content-type": "application/json", "authorization": "Bearer a-token-for-tests"}
    answer = client.post("/api/enquiries", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.json()["errors"]


def test_a_body_too_large_is_refused_however_it_comes(client: TestClient) -> None:
    headers = {"content-type": "application/json"}
    assert client.post("/api/enquiries", content=b"x" * 70_000, headers=headers).status_code == 413
    chunks = (b" " * 1000 for _ in range(100))
    assert client.post("/api/enquiries", content=chunks, headers=headers).status_code == 413


@pytest.mark.parametrize("address", PUBLIC)
def test_every_answer_is_safe_to_show_and_free_to_read(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    is_page = answer.headers["content-type"].startswith("text/html")
    assert ("script-src 'self'" in answer.headers["content-security-policy"]) == is_page
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["access-control-allow-origin"] == "*"
    head = client.head(address)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("prefer", ["application/json", "text/html"])
def test_what_nobody_foresaw_is_a_problem_without_a_trace(settings: Settings, prefer: str, capsys) -> None:
    app = create_app(settings)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("SELECT secret FROM person WHERE postcode = 'LS9 6AB'")

    configure_logs("INFO")
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/broken?q=LS9+6AB", headers={"accept": prefer})
    assert answer.status_code == 500
    assert "try again" in answer.text
    written = capsys.readouterr()
    for text in (answer.text, written.out, written.err):
        assert "secret" not in text
        assert "LS9" not in text
    assert "RuntimeError" in written.out
    structlog.reset_defaults()


def test_logs_hold_no_more_than_the_allowed_fields(start: Start, capsys) -> None:
    configure_logs("INFO")
    client = start([make_row()])
    capsys.readouterr()
    client.get("/api/services/search", params={"q": "John Smith", "postcode": "LS9 6AB"})
    client.get("/api/places", params={"q": "07700 900123"})
    client.get("/services/John-Smith")
    client.post("/api/enquiries", json={"name": "John Smith"}, headers={"authorization": "Bearer Smith"})
    logging.getLogger("sqlalchemy").info("John Smith")
    written = capsys.readouterr()
    assert "Smith" not in written.out + written.err
    assert "900123" not in written.out + written.err
    lines = [json.loads(line) for line in written.out.splitlines()]
    assert {"/api/services/search", "/api/places", "/services/{identity}"} <= {
        line["route"] for line in lines
    }
    assert all(line.keys() <= ALLOWED for line in lines)
    structlog.reset_defaults()


def test_readiness_says_no_until_the_directory_is_loaded(settings: Settings) -> None:
    with make_client(settings) as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (503, 503)
        assert client.get("/api/services/search").status_code == 503


def test_metrics_count_routes_and_nothing_about_people(client: TestClient) -> None:
    client.get("/api/places", params={"q": "LS9 6AB"})
    figures = client.get("/metrics").text
    assert 'signpost_directory_requests_total{method="GET",route="/api/places",status="200"}' in figures
    assert "LS9" not in figures


def test_figures_say_whether_the_database_can_be_read(settings: Settings, start: Start) -> None:
    client = start([make_row()])

    def rename(table: str, name: str) -> None:
        with using_database(settings.get_database_url()) as database, database.engine.begin() as connection:
            connection.execute(sql(f"ALTER TABLE {table} RENAME TO {name}"))

    assert "signpost_directory_database_up 1.0" in client.get("/metrics").text
    rename("referral_mail", "away")
    assert "signpost_directory_database_up 0.0" in client.get("/metrics").text
    rename("away", "referral_mail")
    assert "signpost_directory_database_up 1.0" in client.get("/metrics").text


def test_guidance_is_given_by_need(client: TestClient) -> None:
    body = client.get("/api/guidance", params={"need": "food.parcel"}).json()
    assert body["guidance"]
    assert all("food.parcel" in entry["need"] for entry in body["guidance"])
    assert all(entry["title"] and entry["text"] for entry in body["guidance"])
    everything = client.get("/api/guidance").json()["guidance"]
    assert len(everything) > len(body["guidance"])


def test_the_openapi_document_names_every_api_route_and_its_problems(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    served = {context.path for context in iter_route_contexts(client.app.routes) if context.methods}
    documented = set(document["paths"])
    assert {path for path in served if path.startswith("/api/")} <= documented
    pages = {path for path in documented if not path.startswith(("/api/", "/openreferral/"))}
    assert pages == {"/healthz", "/readyz", "/metrics"}
    schemas = document["components"]["schemas"]
    assert "HTTPValidationError" not in schemas
    assert "Problem" in schemas
    refusal = document["paths"]["/api/places"]["get"]["responses"]["422"]
    assert list(refusal["content"]) == ["application/problem+json"]
