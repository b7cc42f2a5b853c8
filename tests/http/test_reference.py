"""The pages of the API: all of it is there, in chapters, and they are pages like the others."""

import re
from html.parser import HTMLParser

import httpx
import pytest
from fastapi import FastAPI

from roundsman.console.reference import read_reference
from roundsman.console.schemas import field_of
from roundsman.web.examples import curl_of
from roundsman.web.middleware import CONTENT_SECURITY_POLICY
from tests.http.test_modes import operations_of

CONTENTS = "/docs/api"
CODES = "/docs/api/codes"
BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
MOST_BYTES = 40_000


class Page(HTMLParser):
    """The parts of a page that have an id, with their text, and where its links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.articles: dict[str, str] = {}
        self.links_of: dict[str, set[str]] = {}
        self.texts: list[tuple[str, str]] = []
        self._article = ""
        self._link: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep ids and links, and which article begins."""
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given[name] or "" for name in ("href", "src", "action") if name in given]
        if tag == "article":
            self._article = given["id"] or ""
            self.articles[self._article] = ""
            self.links_of[self._article] = set()
        if tag == "a":
            self._link = given["href"] or ""
            self.texts.append((self._link, ""))
            self.links_of.get(self._article, set()).add(self._link)

    def handle_endtag(self, tag: str) -> None:
        """Leave an article or a link."""
        self._article = "" if tag == "article" else self._article
        self._link = None if tag == "a" else self._link

    def handle_data(self, data: str) -> None:
        """Keep what an article says, and a link."""
        if self._article:
            self.articles[self._article] += data
        if self._link is not None:
            self.texts[-1] = (self._link, self.texts[-1][1] + data)


Pages = dict[str, Page]


@pytest.fixture
async def pages(api: httpx.AsyncClient) -> Pages:
    """All pages of the API by their addresses: the contents, and each to which a link of them leads."""
    addresses = Page((await api.get(CONTENTS)).text).links
    chapters = sorted({link.partition("#")[0] for link in addresses if link.startswith(f"{CONTENTS}/")})
    return {address: Page((await api.get(address)).text) for address in (CONTENTS, *chapters)}


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def test_every_chapter_says_what_it_is_about(app: FastAPI) -> None:
    chapters = read_reference(app.openapi()).chapters
    tags = {operation["tags"][-1].replace(" ", "-") for operation in operations_of(app.openapi()).values()}
    assert {chapter.key for chapter in chapters} == tags
    assert [chapter.key for chapter in chapters if not chapter.description] == []


async def test_every_operation_is_in_one_chapter_with_all_there_is_to_know(pages: Pages, app: FastAPI) -> None:
    document = app.openapi()
    said = [
        (address, anchor, in_one_line(text))
        for address, page in pages.items()
        for anchor, text in page.articles.items()
    ]
    for name, operation in operations_of(document).items():
        ((address, anchor, text),) = [one for one in said if one[2].startswith(f"{name} ")]
        assert address == f"{CONTENTS}/{operation['tags'][-1].replace(' ', '-')}"
        method, path = name.split(" ")
        parameters = [parameter["name"] for parameter in operation.get("parameters", [])]
        codes = [code for codes in operation["x-codes"].values() for code in codes]
        roles = [role.replace("_", " ") for role in operation.get("x-roles", [])]
        who = operation.get("x-public") or operation["x-permission"]
        request = in_one_line(curl_of(document, path, method.lower(), operation))
        missing = [
            one for one in (who, *roles, *parameters, *operation["responses"], *codes, request) if one not in text
        ]
        assert missing == [], name
        assert {f"{CODES}#code-{code}" for code in codes} <= pages[address].links_of[anchor]
        links = [in_one_line(words) for link, words in pages[CONTENTS].texts if link == f"{address}#{anchor}"]
        (line,) = [one.removeprefix(f"{name} ") for one in links if one.startswith(f"{name} ")]
        assert line in text.removeprefix(name)


async def test_every_model_and_every_code_is_on_a_page(pages: Pages, app: FastAPI) -> None:
    document = app.openapi()
    for key, schema in document["components"]["schemas"].items():
        (text,) = {page.articles[f"model-{key}"] for page in pages.values() if f"model-{key}" in page.articles}
        assert [one for one in (*schema.get("properties", ()), *schema.get("enum", ())) if one not in text] == []
    assert {f"code-{code}" for code in document["x-codes"]} <= set(pages[CODES].ids)


async def test_a_chapter_shows_the_models_it_names_and_no_others(pages: Pages) -> None:
    for address in pages.keys() - {CODES}:
        page = pages[address]
        others = [(anchor, link.removeprefix("#")) for anchor, links in page.links_of.items() for link in links]
        named = {to for anchor, to in others if to.startswith("model-") and to != anchor}
        assert {anchor for anchor in page.articles if anchor.startswith("model-")} == named, address
    assert "model-Problem" in pages[CODES].articles


async def test_from_each_page_one_gets_to_every_other(pages: Pages) -> None:
    assert len(pages) > 2
    assert {address for address, page in pages.items() if not pages.keys() <= set(page.links)} == set()


async def test_every_link_leads_somewhere_and_none_leads_elsewhere(api: httpx.AsyncClient, pages: Pages) -> None:
    outside = set()
    for address, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), address
        for link in page.links:
            to, _, anchor = link.partition("#")
            if (to or address) in pages:
                assert not anchor or anchor in pages[to or address].ids, (address, link)
            else:
                outside.add(link)
    assert {link for link in outside if not re.match(r"/(?!/)", link)} == set()
    for link in outside:
        assert (await api.get(link)).status_code == 200, link


async def test_an_unknown_chapter_is_a_page_that_is_not_there(api: httpx.AsyncClient) -> None:
    answer = await api.get(f"{CONTENTS}/nothing-here", headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is no such page" in answer.text
    assert (await api.get(f"{CONTENTS}/nothing-here")).json()["code"] == "not_found"


async def test_the_pages_obey_the_content_security_policy_and_are_small(api: httpx.AsyncClient, pages: Pages) -> None:
    sheets = [await api.get(f"/static/{name}.css") for name in ("roundsman", "reference")]
    assert not [sheet for sheet in sheets if "url(" in sheet.text or "@import" in sheet.text]
    for address in pages:
        answer = await api.get(address)
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", answer.text)
        assert {one.headers["content-encoding"] for one in (answer, *sheets)} == {"gzip"}
        assert sum(int(one.headers["content-length"]) for one in (answer, *sheets)) < MOST_BYTES, address


@pytest.mark.parametrize("path", [CONTENTS, CODES, "/docs/api/auth", "/static/roundsman.css", "/static/reference.css"])
async def test_who_does_not_unpack_gets_the_same_page(api: httpx.AsyncClient, path: str) -> None:
    packed = await api.get(path)
    plain = await api.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == packed.text
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("schema", "words", "limits"),
    [
        ({"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}]}, "text or null", ("at most 9 characters",)),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Role"}}, "list of Role", ()),
        ({"type": "string", "pattern": "^[0-9a-f]{24}$"}, "id", ()),
        ({"type": "integer", "minimum": 1, "default": 50}, "whole number", ("at least 1", "otherwise 50")),
        ({"enum": ["a", "b"], "type": "string"}, "a or b", ()),
        ({"$ref": "#/components/schemas/roundsman__api__second_factor__Reason"}, "Reason (second factor)", ()),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "object, each name with whole number", ()),
        ({}, "any value", ()),
    ],
)
def test_a_type_is_said_in_words(schema: dict[str, object], words: str, limits: tuple[str, ...]) -> None:
    field = field_of("name", schema, required=True)
    assert "".join(word.text for word in field.type) == words
    assert field.limits == limits
