"""How things stand, for who looks on: messages, codes, runners, the log, and the questions that wait."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from roundsman.audit_log.browsing import LoggedPlace, Wanted, latest_rows
from roundsman.audit_log.chain import ChainKey
from roundsman.audit_log.entries import SYSTEM, AuditEntry
from roundsman.audit_log.log import record_many
from roundsman.audit_log.marks import CheckpointFile
from roundsman.audit_log.sealing import seal_batch
from roundsman.audit_log.standing import read_standing
from roundsman.auth.attempts import TooOften
from roundsman.auth.limits import Limit
from roundsman.auth.otp import OtpPolicy, Purpose
from roundsman.database.connection import Client
from roundsman.database.lease import Runner, find_runner, list_runners, return_lease, take_lease
from roundsman.database.oplog import find_oplog_window
from roundsman.database.transaction import Tx
from roundsman.notifications.messages import Channel, Message, Template
from roundsman.notifications.outbox import MOST_TRIES, OutboxStanding, claim_next, note_failed, outbox_standing, put
from roundsman.operations.signing_in.code_spend import read_code_spend
from roundsman.operations.signing_in.proving import Proving, ask_for_code
from tests.builders import NOW, a_user
from tests.http.people import PHONE, settle

KEY = ChainKey(b"k" * 32)
HOUR = timedelta(hours=1)


def a_message(key: str) -> Message:
    return Message(key, Channel.SMS, PHONE, Template.WELCOME, {"brand": "Roundsman"})


async def test_an_outbox_tells_what_waits_what_is_tried_again_and_what_was_given_up(tx: Tx) -> None:
    assert await outbox_standing(tx, now=NOW) == OutboxStanding(0, None, 0, 0, 0)
    await put(tx, a_message("hopeless"), now=NOW - HOUR)
    at = NOW - HOUR
    for _ in range(MOST_TRIES):
        claimed = await claim_next(tx, now=at)
        assert claimed is not None
        await note_failed(tx, claimed, now=at)
        at += timedelta(minutes=6)
    await put(tx, replace(a_message("late"), useful_until=NOW - HOUR), now=NOW - HOUR)
    assert await claim_next(tx, now=NOW) is None
    await put(tx, a_message("again"), now=NOW)
    claimed = await claim_next(tx, now=NOW)
    assert claimed is not None
    await note_failed(tx, claimed, now=NOW)
    await put(tx, a_message("due"), now=NOW - timedelta(minutes=3))
    await put(tx, a_message("tomorrow"), now=NOW, not_before=NOW + timedelta(days=1))

    assert await outbox_standing(tx, now=NOW) == OutboxStanding(
        waiting=3, due_since=NOW - timedelta(minutes=3), tried_again=1, failed=1, too_late=1
    )


async def test_codes_are_counted_against_the_budget_and_a_refusal_costs_nothing(tx: Tx) -> None:
    await settle(tx, a_user(), phone=PHONE)
    policy = OtpPolicy(budget=Limit("otp_budget_hour", 1, HOUR))
    by = Proving(b"s" * 32, policy)
    before = await read_code_spend(tx, policy, now=NOW)
    await ask_for_code(tx, PHONE, Purpose.REGISTER, by=by, address=None, now=NOW)
    with pytest.raises(TooOften):
        await ask_for_code(tx, "+919820054321", Purpose.REGISTER, by=by, address=None, now=NOW)
    after = await read_code_spend(tx, policy, now=NOW)
    assert (before.this_hour, before.today, before.is_spent) == (0, 0, False)
    assert (after.this_hour, after.most_an_hour, after.today, after.is_spent) == (1, 1, 1, True)
    next_day = await read_code_spend(tx, policy, now=NOW + timedelta(days=1))
    assert (next_day.this_hour, next_day.today) == (0, 0)


async def test_a_runner_is_at_work_until_he_gives_back_what_he_held_or_is_silent(tx: Tx) -> None:
    lease = await take_lease(tx, "worker", now=NOW)
    assert await find_runner(tx, "worker", now=NOW) == lease.owner
    assert await list_runners(tx, now=NOW) == [Runner("worker", lease.owner, NOW, is_at_work=True)]
    assert await find_runner(tx, "worker", now=NOW + timedelta(minutes=2)) is None
    await return_lease(tx, lease, now=NOW)
    (idle,) = await list_runners(tx, now=NOW)
    assert not idle.is_at_work
    assert await find_runner(tx, "worker", now=NOW) is None


async def test_the_server_tells_how_far_back_it_remembers(client: Client) -> None:
    window = await find_oplog_window(client)
    assert window is not None
    assert window.span >= timedelta()


async def test_a_log_is_proved_where_that_is_quick_and_else_says_only_how_far_it_is_sealed(
    tx: Tx, tmp_path: Path
) -> None:
    file = CheckpointFile(tmp_path / "checkpoints.jsonl")
    await record_many(tx, [AuditEntry(NOW, SYSTEM, "role.granted", f"user:{n}") for n in range(4)])
    await seal_batch(tx, KEY, fencing=1, now=NOW)
    proved = await read_standing(tx, KEY, file, now=NOW)
    long = await read_standing(tx, KEY, file, now=NOW, most=3)
    strange = await read_standing(tx, ChainKey(b"x" * 32), file, now=NOW)
    assert proved.verified is not None
    assert (proved.sealed, proved.sealed_at, proved.verified.held) == (4, NOW, 4)
    assert (long.sealed, long.verified, long.broken) == (4, None, None)
    assert strange.broken is not None


async def test_rows_of_one_instant_come_one_after_the_other_between_two_times(tx: Tx) -> None:
    times = [NOW - HOUR, NOW, NOW, NOW, NOW + HOUR]
    await record_many(tx, [AuditEntry(at, SYSTEM, "user.noted", f"thing:{n}") for n, at in enumerate(times)])
    wanted, seen = Wanted(since=NOW, until=NOW + HOUR), list[str]()
    place: LoggedPlace | None = None
    while rows := await latest_rows(tx, wanted, limit=1, after=place):
        seen += [row.entry.target for row in rows]
        place = LoggedPlace(rows[-1].entry.at, rows[-1].id)
    assert sorted(seen) == ["thing:1", "thing:2", "thing:3"]
