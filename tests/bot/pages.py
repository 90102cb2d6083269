"""Checks that hold for every page: what a parser of real browsers sees, and what the headers allow."""

from dataclasses import dataclass
from itertools import pairwise
from xml.etree.ElementTree import Element

import html5lib
import httpx

NO_LABEL_NEEDED = {"hidden", "submit", "button"}


@dataclass
class Page:
    """A parsed page."""

    answer: httpx.Response
    root: Element

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.root.itertext()).split())

    def find_all(self, path: str) -> list[Element]:
        return self.root.findall(f".//{path}")

    def words(self, path: str) -> list[str]:
        return [" ".join(" ".join(element.itertext()).split()) for element in self.find_all(path)]

    def fields(self, form: Element) -> dict[str, str]:
        return {field.get("name", ""): field.get("value", "") for field in form.findall(".//input")}


def check_page(answer: httpx.Response) -> Page:
    """Parse the page strictly and fail on anything that a page of ours must not have."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    page = Page(answer, parser.parse(answer.text))
    _check_headers(answer)
    _check_outline(page)
    _check_names(page)
    _check_nothing_foreign(page)
    return page


def _check_headers(answer: httpx.Response) -> None:
    policy = answer.headers["content-security-policy"]
    for directive in (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
    ):
        assert directive in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"


def _check_outline(page: Page) -> None:
    assert page.root.get("lang") == "en-GB"
    assert len(page.words("title")) == 1
    assert page.words("title")[0].endswith("Signpost Leeds")
    assert len(page.find_all("h1")) == 1
    assert len(page.find_all("main")) == 1
    ids = [element.get("id") for element in page.root.iter() if element.get("id")]
    assert len(ids) == len(set(ids)), "duplicate ids"
    for link in page.find_all("a"):
        address = link.get("href", "")
        assert address
        if address.startswith("#"):
            assert address[1:] in ids, f"{address} leads nowhere"
    levels = [
        int(element.tag[1]) for element in page.root.iter() if str(element.tag) in {"h1", "h2", "h3", "h4"}
    ]
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels
    assert page.find_all("a[@class='govuk-skip-link']")
    assert "Urgent help" in page.words("header//a")
    assert "Exit this page" in page.words("header//a")


def _check_names(page: Page) -> None:
    labelled = {label.get("for") for label in page.find_all("label")}
    ids = {element.get("id") for element in page.root.iter()}
    for field in [*page.find_all("textarea"), *page.find_all("input"), *page.find_all("select")]:
        if field.get("type") in NO_LABEL_NEEDED:
            continue
        assert field.get("id") in labelled, "a field without a label"
        for described in field.get("aria-describedby", "").split():
            assert described in ids, f"{described} describes but is not there"
    for control in [*page.find_all("button"), *page.find_all("a"), *page.find_all("summary")]:
        assert "".join(control.itertext()).strip(), "a control without a name"
    for form in page.find_all("form"):
        assert form.get("action", "").startswith("/")
        assert form.get("method") == "post"


def _check_nothing_foreign(page: Page) -> None:
    assert not page.find_all("style"), "inline style"
    for script in page.find_all("script"):
        assert not "".join(script.itertext()).strip(), "inline script"
        assert script.get("src", "").startswith("/static/")
    for element in page.root.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on"), f"inline handler {name}"
            assert name != "style", "inline style"
            assert not value.lower().strip().startswith("javascript:")
            if name in {"src", "srcset"} or (element.tag == "link" and name == "href"):
                assert value.startswith("/"), f"{value} is on another site"


def check_problem(answer) -> None:
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert body["status"] == answer.status_code
    assert all(body[part] for part in ("type", "title", "detail"))
