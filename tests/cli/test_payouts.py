"""`roundsman payouts …`, `delivery-boys …` and `earnings verify` as the office types them."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from subprocess import CompletedProcess
from typing import Any

import pytest

from roundsman.access.roles import Role
from roundsman.audit_log.entries import SYSTEM
from roundsman.auth.second_factors import begin_enrolment, confirm_enrolment
from roundsman.auth.totp import code_at, step_of
from roundsman.calendar import begin_of, day_of
from roundsman.clock import utc_now
from roundsman.database import collections
from roundsman.database.transaction import Tx, in_transaction
from roundsman.delivery.delivery_boys import DeliveryBoy
from roundsman.delivery.entries import EntryKind, Wanted
from roundsman.delivery.linkage import insert_delivery_boys
from roundsman.delivery.posting import settle as settle_thing
from roundsman.identity.users import User, UserStatus
from roundsman.runtime import Runtime
from tests.builders import a_delivery_boy, a_user
from tests.commands import RoundsmanCommand
from tests.http.people import PASSWORD, settle

OWNER, SECOND, RAVI = "+919820010001", "+919820010002", "+919820010003"
REFUSED = 6
YESTERDAY = day_of(utc_now()) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Office:
    """Two admins with a password each, and Ravi, who brought something yesterday for Rs 25 and has Rs 64 in hand."""

    roundsman: RoundsmanCommand
    tx: Tx
    owner: User
    second: User
    ravi: DeliveryBoy

    def ask(self, *arguments: str, by: str | None = None, proof: str = PASSWORD) -> CompletedProcess[str]:
        """Type a command, and where it asks who it is, the proof."""
        proved = () if by is None else ("--as", by, "--proof-stdin")
        return self.roundsman(*arguments, *proved, standard_input=f"{proof}\n")

    def do(self, *arguments: str, by: str | None = None) -> Any:  # noqa: ANN401  whatever JSON there is
        """Type a command that does it."""
        done = self.ask(*arguments, "--json", by=by)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def drafted(self) -> str:
        """The id of a payout that the owner drafted."""
        (payout,) = self.do("payouts", "draft", "--through", YESTERDAY.isoformat(), by=OWNER)
        return str(payout["id"])


@pytest.fixture
async def office(roundsman: RoundsmanCommand, tx: Tx) -> Office:
    """An office at its command line."""
    owner = await settle(tx, a_user(roles=(Role.ADMIN,)), phone=OWNER)
    second = await settle(tx, a_user(roles=(Role.ADMIN,)), phone=SECOND)
    boy = a_delivery_boy((await settle(tx, a_user(roles=(Role.DELIVERY_BOY,)), phone=RAVI)).id)
    await insert_delivery_boys(tx, [boy])
    at = begin_of(YESTERDAY)
    brought = {
        "delivery:1:base": Wanted(boy.id, EntryKind.DELIVERY, 2_500, at, card="a-card"),
        "cash:1": Wanted(boy.id, EntryKind.CASH_COLLECTED, 6_400, at),
    }
    for thing, wanted in brought.items():
        await in_transaction(tx, partial(settle_thing, thing=thing, wanted=wanted, by=SYSTEM.who, now=at))
    return Office(roundsman, tx, owner, second, boy)


async def test_one_drafts_and_another_approves_each_with_his_own_password(office: Office) -> None:
    payout = office.drafted()
    seen, table = office.do("payouts", "show", payout), office.ask("payouts", "show", payout)
    assert [(one["key"], one["paise"]) for one in seen["lines"]] == [("delivery:1:base", 2_500)]
    assert (seen["paise"], "delivery:1:base" in table.stdout) == (2_500, True)

    alone = office.ask("payouts", "approve", payout, by=OWNER)
    unproved = [office.ask("payouts", "approve", payout, by=SECOND, proof=proof) for proof in ("", "a wrong password")]
    assert (alone.returncode, "Another admin has to approve this" in alone.stderr) == (4, True)
    assert [(one.returncode, "The password is wrong" in one.stderr) for one in unproved] == [(REFUSED, True)] * 2
    assert [one["status"] for one in office.do("payouts", "list")] == ["draft"]
    (agreed,) = office.do("payouts", "approve", payout, by=SECOND)
    (paid,) = office.do("payouts", "mark-paid", payout, "--reference", "NEFT 4711", by=OWNER)

    assert (agreed["approved_by"], agreed["is_single"]) == (str(office.second.id), False)
    assert (paid["status"], paid["paise"], paid["reference"]) == ("paid", 2_500, "NEFT 4711")
    rows = await office.tx.database[collections.AUDIT_LOG].find({"action": {"$regex": "^payout"}}).sort("at").to_list()
    assert [(one["action"], one["actor"]) for one in rows] == [
        ("payout.drafted", {"who": str(office.owner.id), "address": "command line"}),
        ("payout.approved", {"who": str(office.second.id), "address": "command line"}),
        ("payout.paid", {"who": str(office.owner.id), "address": "command line"}),
    ]


async def test_nothing_is_drafted_paid_or_failed_in_another_ones_name(office: Office) -> None:
    payout = office.drafted()
    ways = [
        office.ask("payouts", "draft", "--through", YESTERDAY.isoformat(), by=SECOND, proof="guessed"),
        office.ask("payouts", "mark-paid", payout, "--reference", "NEFT 1", by=SECOND, proof="guessed"),
        office.ask("payouts", "fail", payout, "--reason", "closed", by=SECOND, proof="guessed"),
        office.ask("payouts", "fail", payout, "--reason", "closed", by=RAVI),
    ]
    assert [one.returncode for one in ways] == [REFUSED] * 4
    assert [one["status"] for one in office.do("payouts", "list")] == ["draft"]
    (failed,) = office.do("payouts", "fail", payout, "--reason", "closed", by=SECOND)
    assert (failed["status"], failed["reason"]) == ("failed", "closed")


async def test_an_admin_who_is_suspended_does_nothing(office: Office) -> None:
    disabled = {"$set": {"status": UserStatus.DISABLED.value}}
    await office.tx.database[collections.USERS].update_one({"_id": office.owner.id}, disabled)
    refused = office.ask("payouts", "draft", "--through", YESTERDAY.isoformat(), by=OWNER)
    assert (refused.returncode, "Only an admin does that" in refused.stderr) == (REFUSED, True)


async def test_who_has_an_authenticator_gives_its_code(office: Office, runtime: Runtime) -> None:
    secret = await begin_enrolment(office.tx, office.owner.id, by=runtime.authenticators, now=utc_now())
    step = step_of(utc_now())
    code = code_at(secret, step - 1)
    await confirm_enrolment(office.tx, office.owner.id, code, by=runtime.authenticators, now=utc_now())
    draft = ("payouts", "draft", "--through", YESTERDAY.isoformat())
    without = office.ask(*draft, by=OWNER)
    used = office.ask(*draft, by=OWNER, proof=f"{PASSWORD}\n{code}")
    done = office.ask(*draft, by=OWNER, proof=f"{PASSWORD}\n{code_at(secret, step_of(utc_now()))}")
    assert [one.returncode for one in (without, used, done)] == [REFUSED, REFUSED, 0]


async def test_where_staff_needs_an_authenticator_a_password_is_not_enough(office: Office) -> None:
    strict = replace(office, roundsman=office.roundsman.with_settings(ROUNDSMAN_STAFF_TOTP="required"))
    refused = strict.ask("payouts", "draft", "--through", YESTERDAY.isoformat(), by=OWNER)
    assert (refused.returncode, "authenticator" in refused.stderr) == (4, True)


async def test_delivery_boys_with_what_they_earned(office: Office) -> None:
    month = f"{YESTERDAY:%Y-%m}"
    listed = office.ask("delivery-boys", "list")
    (one,) = office.do("delivery-boys", "list")
    shown = office.ask("delivery-boys", "show", RAVI)
    statement = office.do("delivery-boys", "statement", str(office.ravi.id), "--month", month)
    table = office.ask("delivery-boys", "statement", RAVI, "--month", month)
    file = office.ask("delivery-boys", "statement", RAVI, "--month", month, "--csv")
    nobody = office.ask("delivery-boys", "show", OWNER)

    assert (listed.returncode, "25.00" in listed.stdout, "64.00" in listed.stdout) == (0, True, True)
    assert (one["balance_paise"], one["cash_in_hand_paise"]) == (2_500, 6_400)
    assert "His round today: 0 stops" in shown.stdout
    assert (statement["earned_paise"], statement["deliveries"], len(statement["days"])) == (2_500, 1, 1)
    assert f"{month}: 1 deliveries, 25.00 rupees earned" in table.stdout
    assert file.stdout.split() == [
        "day,deliveries,earned_rupees,deducted_rupees,paid_rupees,cash_rupees",
        f"{YESTERDAY},1,25.00,0.00,0.00,64.00",
    ]
    assert (nobody.returncode, "no delivery boy" in nobody.stderr) == (5, True)


async def test_verify_says_what_is_wrong_and_ends_with_one(office: Office) -> None:
    right = office.ask("earnings", "verify")
    assert (right.returncode, "All 2 entries add up" in right.stdout) == (0, True)
    await office.tx.database[collections.LEDGER_ENTRIES].update_one(
        {"_id": "delivery:1:base"}, {"$inc": {"paise": 1}, "$unset": {"card": ""}}
    )
    wrong, told = office.ask("earnings", "verify"), office.ask("earnings", "verify", "--json")
    assert (wrong.returncode, told.returncode) == (1, 1)
    assert f"delivery boy {office.ravi.id}" in wrong.stdout
    assert f"1 deliveries since {YESTERDAY} brought nothing" in wrong.stdout
    proof = json.loads(told.stdout)
    assert (proof["entries"], len(proof["wrong"]), proof["unrated"]["deliveries"]) == (2, 1, 1)
