"""Security and health: what the audits found, and what works by itself."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from fastapi import FastAPI

from roundsman.access.roles import Role
from roundsman.access.route_audit.findings import Level
from roundsman.activation.sweep import sweep
from roundsman.auth.kept_audit import KeptAudit, KeptCheck, find_kept_audit, keep_audit
from roundsman.clock import utc_now
from roundsman.console.route_audit import audit_from
from roundsman.console.security import route_checks
from roundsman.database.collections import LEASES, OUTBOX
from roundsman.database.lease import take_lease
from roundsman.database.transaction import Tx
from roundsman.migration.source_cursor import note_compared, note_unreachable
from roundsman.notifications.messages import Channel, Message, Template
from roundsman.notifications.outbox import put
from roundsman.runtime import Runtime
from roundsman.worker.timers import JOB
from tests.console.browsing import Visitors, words_of

HELD = KeptCheck(
    check="code_replay",
    level=Level.BLOCKER,
    tried="name a code twice",
    evidence="401",
    holds=True,
    mend="Mend it.",
    source="OWASP ASVS 5.0, 6.5.1",
)


async def test_both_audits_stand_there_with_evidence_and_mend(app: FastAPI, visitors: Visitors, tx: Tx) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    first = words_of(await admin.open("/security"))
    assert "The routes are being audited" in first
    assert "Nothing has been tried yet." in first
    failed = replace(HELD, check="secrets", evidence="the file <x> is readable by others", holds=False)
    await keep_audit(tx, KeptAudit(utc_now(), "0.0.1", (HELD, failed)))
    async with asyncio.timeout(120):
        await app.state.route_auditing.made()
    said = words_of(page := await admin.open("/security"))
    assert "1 fail 1 pass" in said
    assert "Another version runs by now." in said
    assert said.index("Secrets") < said.index("Mend it.") < said.index("Code replay")
    assert "&lt;x&gt;" in page.text
    assert "No authentication" in said
    assert "role-restricted" in said


def test_a_finding_is_as_grave_as_its_gravest_and_names_each_route() -> None:
    told = {
        "routes": [{"protection": "unprotected"}, {"protection": "unprotected"}],
        "findings": [
            {
                "code": "no_authentication",
                "level": "blocker",
                "route": "GET /a",
                "place": "a.py:1",
                "about": "",
                "mend": "Guard.",
            },
            {
                "code": "no_authentication",
                "level": "blocker",
                "route": "GET /b",
                "place": None,
                "about": "",
                "mend": "Guard.",
            },
            {"code": "no_role", "level": "action", "route": "GET /c", "place": None, "about": "x", "mend": "Ask."},
        ],
    }
    checks = route_checks(audit_from(told))
    assert [(one.name, one.state) for one in checks[:3]] == [
        ("no_authentication", "fail"),
        ("no_role", "warn"),
        ("open_entry", "pass"),
    ]
    assert (checks[0].evidence, checks[0].mends) == (["GET /a a.py:1", "GET /b"], ["Guard."])


async def test_an_audit_is_kept_until_the_next_one(tx: Tx) -> None:
    assert await find_kept_audit(tx) is None
    at = utc_now().replace(microsecond=0)
    await keep_audit(tx, KeptAudit(at, "1", (HELD, HELD)))
    latest = KeptAudit(at, "2", (HELD,))
    await keep_audit(tx, latest)
    assert await find_kept_audit(tx) == latest


async def test_health_says_what_is_behind_and_what_to_do(visitors: Visitors, tx: Tx, runtime: Runtime) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    now = utc_now()
    quiet = words_of(await admin.open("/health"))
    assert "Start one: roundsman worker" in quiet
    assert "Roundsman follows no other application" in quiet
    assert "Make one: roundsman db backup" in quiet
    assert "0 of 500 in this hour" in quiet

    await take_lease(tx, JOB, now=now)
    await sweep(tx, policy=runtime.activation, now=now - timedelta(minutes=7))
    await note_compared(tx, "mongodb://shop/db", at=now - timedelta(hours=3))
    code = Message("code:1", Channel.SMS, "+919820012345", Template.CODE, {"minutes": "5"})
    # Not due yet, for the application that is looked at would send it.
    await put(tx, code, now=now, not_before=now + timedelta(hours=1))
    given_up = {"$set": {"state": "given_up", "tries": 5}}
    await put(tx, replace(code, key="code:2"), now=now, not_before=now + timedelta(hours=1))
    await tx.database[OUTBOX].update_one({"_id": "code:2"}, given_up)

    said = words_of(await admin.open("/health"))
    assert "Worker lag 7 min fail" in said
    assert "Sync lag 3 h fail behind mongodb://shop/db" in said
    assert "Messages waiting 1 look 1 failed this week" in said
    assert "Codes sent today 2 pass" in said
    assert "Oplog window" in said
    assert "the database remembers its changes since" in said

    await note_unreachable(tx, "mongodb://shop/db", since=now)
    await tx.database[LEASES].delete_many({})
    said = words_of(await admin.open("/health"))
    assert "Worker none runs fail" in said
    assert "customers were moved on last at" in said
    assert "Sync lag unreachable fail" in said


async def test_who_may_not_see_the_system_learns_which_permission_it_takes(app: FastAPI, visitors: Visitors) -> None:
    staff, _ = await visitors.somebody(Role.MARKETING_STAFF)
    for path in ("/security", "/audit-log", "/health"):
        refused = await staff.open(path)
        assert refused.status_code == 403
        assert "system:read" in words_of(refused)
    assert app.state.route_auditing.is_being_made is False
