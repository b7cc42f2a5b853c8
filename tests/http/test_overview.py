import re

import httpx
import pytest
from fastapi import FastAPI

from roundsman.access.roles import Role
from roundsman.console.overview import Overview, Reconciliation, read_overview
from roundsman.console.rendering import page
from roundsman.customers.counting import Linkage
from roundsman.customers.linkage import insert_customers
from roundsman.database.transaction import Tx
from roundsman.identity.counting import UserCounts
from roundsman.identity.mode import Mode, OperationsMode, PeopleMode
from roundsman.identity.users import UserStatus
from tests.builders import a_customer, a_user
from tests.http.people import settle
from tests.http.serving import answering


async def test_the_page_counts_people_and_names_none(app: FastAPI, tx: Tx) -> None:
    asha = await settle(tx, a_user("Asha Patil", roles=(Role.CUSTOMER, Role.SUPPLIER)))
    gone = await settle(tx, a_user("Gone Away", status=UserStatus.ARCHIVED), phone="+919820000001")
    await insert_customers(tx, [a_customer(asha.id), a_customer(asha.id), a_customer(gone.id)])

    overview = await read_overview(tx)
    async with answering(app) as api:
        answer = await api.get("/")

    assert overview.users.live == 1
    assert overview.users.by_status[UserStatus.ARCHIVED] == 1
    assert overview.users.by_role[Role.SUPPLIER] == 1
    assert overview.linkage == Linkage(customers=3, linked=2)
    assert answer.status_code == 200
    assert "66.6 % linked to a person, 1 not" in answer.text
    for personal in ("Asha", "Gone", "98200", str(asha.id)):
        assert personal not in answer.text


async def test_an_empty_roundsman_says_what_to_do_next(api: httpx.AsyncClient) -> None:
    answer = await api.get("/")
    assert "none yet" in answer.text
    assert "roundsman migrate inspect" in answer.text


async def test_the_page_obeys_its_own_content_security_policy(api: httpx.AsyncClient) -> None:
    text = (await api.get("/")).text
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:|https?://", text)
    assert (await api.get("/static/roundsman.css")).status_code == 200
    assert "url(" not in (await api.get("/static/roundsman.css")).text


@pytest.mark.parametrize("path", ["/static/", "/static/../overview.py", "/static/%2e%2e/overview.py"])
async def test_only_files_of_the_folder_are_served(api: httpx.AsyncClient, path: str) -> None:
    assert (await api.get(path)).status_code == 404


async def test_the_overview_is_counted_once_for_many_visitors(app: FastAPI, tx: Tx) -> None:
    async with answering(app) as api:
        before = (await api.get("/")).text
        await settle(tx)
        assert (await api.get("/")).text == before


def shown(*reconciliation: Reconciliation) -> str:
    counts = UserCounts(dict.fromkeys(UserStatus, 0), dict.fromkeys(Role, 0))
    overview = Overview(Mode(PeopleMode.SHADOW, OperationsMode.SOURCE), counts, Linkage(0, 0), 0, 0, reconciliation)
    return bytes(page("overview.html", overview=overview).body).decode()


def test_a_complete_reconciliation_says_that_nothing_is_lost() -> None:
    text = shown(
        Reconciliation("users", 1500, kept=1000, merged=300, archived=150, held=50), Reconciliation("c", 1, linked=1)
    )
    assert "Nothing is lost." in text
    assert "1,501 source documents" in text
    assert "Following the existing application" in text


def test_a_missing_document_is_an_alarm() -> None:
    text = shown(Reconciliation("users", 10, kept=8, created_for=1))
    assert "1 source documents are not accounted for." in text
    assert "Nothing is lost" not in text
