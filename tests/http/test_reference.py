"""The page of the API: all of it is there, and it is a page like the others."""

import re
from html.parser import HTMLParser

import httpx
import pytest
from fastapi import FastAPI

from roundsman.console.schemas import field_of
from roundsman.web.examples import curl_of
from roundsman.web.middleware import CONTENT_SECURITY_POLICY
from tests.http.test_modes import operations_of

PAGE = "/docs/api"
MOST_BYTES = 40_000


class Page(HTMLParser):
    """The parts of a page that have an id, with their text, and where its links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.articles: dict[str, str] = {}
        self._article = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep ids and links, and which article begins."""
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given[name] or "" for name in ("href", "src", "action") if name in given]
        if tag == "article":
            self._article = given["id"] or ""
            self.articles[self._article] = ""

    def handle_endtag(self, tag: str) -> None:
        """Leave an article."""
        self._article = "" if tag == "article" else self._article

    def handle_data(self, data: str) -> None:
        """Keep what an article says."""
        if self._article:
            self.articles[self._article] += data


def in_one_line(text: str) -> str:
    return " ".join(text.split())


async def test_every_operation_is_on_the_page_with_all_there_is_to_know(api: httpx.AsyncClient, app: FastAPI) -> None:
    document = app.openapi()
    said = [in_one_line(text) for text in Page((await api.get(PAGE)).text).articles.values()]
    for name, operation in operations_of(document).items():
        (text,) = [one for one in said if one.startswith(f"{name} ")]
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


async def test_every_model_and_every_code_is_on_the_page(api: httpx.AsyncClient, app: FastAPI) -> None:
    document, page = app.openapi(), Page((await api.get(PAGE)).text)
    for key, schema in document["components"]["schemas"].items():
        text = page.articles[f"model-{key}"]
        assert [one for one in (*schema.get("properties", ()), *schema.get("enum", ())) if one not in text] == []
    assert {f"code-{code}" for code in document["x-codes"]} <= set(page.ids)


async def test_links_within_the_page_lead_somewhere_and_none_leads_elsewhere(api: httpx.AsyncClient) -> None:
    page = Page((await api.get(PAGE)).text)
    assert len(page.ids) == len(set(page.ids))
    within = {link.removeprefix("#") for link in page.links if link.startswith("#")}
    assert within <= set(page.ids)
    outside = {link for link in page.links if not link.startswith("#")}
    assert {link for link in outside if not re.match(r"/(?!/)", link)} == set()
    for link in outside:
        assert (await api.get(link)).status_code == 200, link


async def test_the_page_obeys_the_content_security_policy_and_is_small(api: httpx.AsyncClient) -> None:
    answer = await api.get(PAGE)
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", answer.text)
    sheets = [await api.get(f"/static/{name}.css") for name in ("roundsman", "reference")]
    assert not [sheet for sheet in sheets if "url(" in sheet.text or "@import" in sheet.text]
    assert {one.headers["content-encoding"] for one in (answer, *sheets)} == {"gzip"}
    assert sum(int(one.headers["content-length"]) for one in (answer, *sheets)) < MOST_BYTES


@pytest.mark.parametrize("path", [PAGE, "/static/roundsman.css", "/static/reference.css"])
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
