"""The audit log: what is asked for in the address, a page at a time, and whether it is what was written."""

from datetime import timedelta
from html import unescape
from re import findall

from fastapi import FastAPI

from roundsman.access.roles import Role
from roundsman.audit_log.chain import SEAL
from roundsman.audit_log.entries import SYSTEM, Actor, AuditEntry
from roundsman.audit_log.files import load_or_create_chain_key
from roundsman.audit_log.log import record, record_many
from roundsman.audit_log.sealing import seal_batch
from roundsman.clock import utc_now
from roundsman.console.audit_log import RecentStanding
from roundsman.database.collections import AUDIT_LOG
from roundsman.database.transaction import Tx
from roundsman.runtime import Runtime
from tests.builders import NOW
from tests.console.browsing import Visitors, words_of

PATH = "/audit-log"


async def test_filters_stand_in_the_address_and_find_people_by_their_phone(visitors: Visitors, tx: Tx) -> None:
    admin, user = await visitors.somebody(Role.ADMIN, name="Kiran <Shah>")
    entry = AuditEntry(utc_now(), Actor(str(user.id), "s1", "192.0.2.7"), "role.granted", f"user:{user.id}")
    await record(tx, AuditEntry(NOW - timedelta(days=400), SYSTEM, "payout.approved", "payout:1", reason="<i>old</i>"))
    await record_many(tx, [AuditEntry(entry.at, entry.actor, "role.granted", entry.target, b"\x01" * 32, b"\xab" * 32)])

    everything = await admin.open(PATH)
    by_phone = await admin.client.get(PATH, params={"who": "9800000001", "action": "role"})
    old = await admin.client.get(PATH, params={"last": (NOW - timedelta(days=399)).date().isoformat()})

    assert "Kiran &lt;Shah&gt;" in everything.text
    assert "Payout approved" in words_of(everything)
    assert f'<a href="/users/{user.id}">' in everything.text
    said = words_of(by_phone)
    assert "Role granted" in said
    assert f"Before {'01' * 32} After {'ab' * 32}" in said
    assert "192.0.2.7" in said
    assert "Payout approved" not in said
    assert "Session opened" not in said
    assert "<i>old</i>" in words_of(old)
    assert "Role granted" not in words_of(old)


async def test_what_is_asked_for_wrongly_is_said_and_stays(visitors: Visitors) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    nobody = await admin.client.get(PATH, params={"who": "9812345678"})
    assert nobody.status_code == 404
    assert 'value="9812345678"' in nobody.text
    assert "There is no such row." in words_of(nobody)
    for query in (
        {"first": "soon"},
        {"first": "2026-03-02", "last": "2026-03-01"},
        {"after": "x"},
        {"first": "0001-01-01"},
    ):
        assert (await admin.client.get(PATH, params=query)).status_code in {200, 422}, query


async def test_each_row_stands_on_one_page(visitors: Visitors, tx: Tx) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    at = utc_now()
    entries = [AuditEntry(at - timedelta(seconds=n // 40), SYSTEM, "user.noted", f"thing:{n:03}") for n in range(120)]
    await record_many(tx, entries)
    seen, path = list[str](), f"{PATH}?action=user.noted"
    while path:
        page = await admin.open(path)
        seen += findall(r"thing:(\d+)", words_of(page))
        path = next(iter(map(unescape, findall(r'href="([^"]*)" rel="next"', page.text))), "")
    assert len(seen) == len(set(seen)) == 120


async def test_it_says_up_to_where_the_chain_is_verified_and_when_it_is_not(
    app: FastAPI, visitors: Visitors, tx: Tx, runtime: Runtime
) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    key = load_or_create_chain_key(runtime.settings.data_dir)
    await record_many(tx, [AuditEntry(NOW, SYSTEM, "role.granted", f"user:{n}") for n in range(5)])
    sealed = await seal_batch(tx, key, fencing=1, now=utc_now())
    assert f"Chain verified up to row {sealed}" in words_of(await admin.open(PATH))
    await tx.database[AUDIT_LOG].update_one({f"{SEAL}.number": 3}, {"$set": {"target": "user:somebody"}})
    app.state.recent_log_standing = RecentStanding()
    said = words_of(await admin.open(PATH))
    assert "Somebody changed the log." in said
    assert "edited: row 3" in said
    (runtime.settings.data_dir / "keys" / "audit-log.key").write_bytes(b"k" * 32)
    app.state.recent_log_standing = RecentStanding()
    assert "The chain cannot be proved." in words_of(await admin.open(PATH))
