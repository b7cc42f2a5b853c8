"""Accounts over time: any order of joining, signing in, ending, disabling, merging and deciding, against a small model."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from roundsman.access.principal import Principal, SignedInBy
from roundsman.access.roles import Role
from roundsman.activation.policy import ActivationPolicy
from roundsman.audit_log.entries import SYSTEM
from roundsman.auth.credential_storage import insert_credentials
from roundsman.auth.credentials import Credential, CredentialOrigin
from roundsman.auth.hashing import PasswordHashing
from roundsman.auth.lifetimes import SessionPolicy
from roundsman.auth.limits import Limit
from roundsman.auth.otp import OtpPolicy, Purpose
from roundsman.auth.proofs import Proof, keep_proof
from roundsman.auth.sessions import Opening
from roundsman.auth.throttle import Backoff, SignInThrottle
from roundsman.auth.tokens import AccessClaims
from roundsman.database.collections import (
    ATTEMPTS,
    CREDENTIALS,
    CUSTOMERS,
    IDENTIFIERS,
    OTP_CHALLENGES,
    SESSIONS,
    USERS,
)
from roundsman.database.connection import open_client
from roundsman.database.transaction import Tx
from roundsman.errors import RoundsmanError
from roundsman.identity.identifiers import phone_key
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.lookup import get_user
from roundsman.identity.users import Claim, Identifier, UserStatus
from roundsman.ids import SessionId, UserId
from roundsman.operations.accounts.self_sign_up import SelfSignUp, register_oneself
from roundsman.operations.accounts.standing import Decision, disable, enable, grant_role, revoke_role
from roundsman.operations.joining.merging import merge_users
from roundsman.operations.signing_in.authentication import authenticate
from roundsman.operations.signing_in.code_sign_in import CodeAttempt, CodeSignIn, sign_in_by_code
from roundsman.operations.signing_in.proving import Proving, ask_for_code
from roundsman.operations.signing_in.refreshing import refresh
from roundsman.operations.signing_in.session_ending import end_every_session, end_one_session
from roundsman.operations.signing_in.session_opening import SignedIn
from roundsman.operations.signing_in.sign_in import Attempt, PasswordSignIn, sign_in
from roundsman.operations.signing_in.slowing_down import Slowing
from tests.account_model import GRACE, KnownPerson, KnownSession, World
from tests.builders import NOW, a_user
from tests.codes import SECRET_KEY, newest_code
from tests.codes import SESSIONS as KEEPING
from tests.conftest import Database
from tests.depth import depth
from tests.http.people import PASSWORD, PASSWORD_HASH

_T = TypeVar("_T")
_MANY, _DAY = 10**6, timedelta(days=1)
_FREE = Limit("free", _MANY, _DAY)
_PROVING = Proving(
    SECRET_KEY,
    OtpPolicy(
        resend=(timedelta(),), per_contact=(), per_address=(), per_prefix=_FREE, budget=_FREE,
        failures_per_contact=_FREE, failures_per_address=_FREE, failures_in_all=_FREE,
    ),
)  # fmt: skip
_BY_CODE = CodeSignIn(_PROVING, KEEPING)
_UNHURRIED = Slowing(SignInThrottle(Backoff(free=_MANY, until_disabled=_MANY), per_address=_FREE, in_all=_FREE))
_PHONES = st.sampled_from([f"+91982001000{number}" for number in range(6)])
_ROLES = st.sampled_from(Role)
_NOBODY = UserId(a_user().id)
_EMPTIED = (USERS, IDENTIFIERS, CREDENTIALS, CUSTOMERS, SESSIONS, OTP_CHALLENGES, ATTEMPTS, "outbox", "audit_log")


class _Nothing:
    """What a refused step returns."""


def test_accounts_stay_what_the_model_says_whatever_happens_in_whatever_order(
    mongod_uri: str, database: Database
) -> None:
    """Sessions, rights and phones after each step; each example begins with one admin and nothing else."""
    with asyncio.Runner() as runner:
        client = runner.run(open_client(mongod_uri))
        hashing = PasswordHashing(workers=1, queue=8)
        by_password = PasswordSignIn(hashing, KEEPING, slowing=_UNHURRIED)
        try:
            run_state_machine_as_test(
                lambda: Accounts(runner.run, Tx(client[database.name]), by_password),  # type: ignore[arg-type]  # what makes one serves too
                settings=settings(
                    max_examples=depth(test=4, proof=100),
                    stateful_step_count=depth(test=15, proof=40),
                    suppress_health_check=[HealthCheck.too_slow],
                ),
            )
        finally:
            hashing.close()
            runner.run(client.close())


class Accounts(RuleBasedStateMachine):
    """Roundsman and the model, and what is done to both."""

    def __init__(self, run: Callable[[Coroutine[Any, Any, Any]], Any], tx: Tx, by_password: PasswordSignIn) -> None:
        super().__init__()
        self.wait, self.tx, self.by_password = run, tx, by_password
        self.now, self.world = NOW, World()

    @initialize()
    def begin(self) -> None:
        """An empty database with an admin."""
        for name in _EMPTIED:
            self.wait(self.tx.database[name].delete_many({}))
        self._settle(Role.ADMIN, "+919820020000", has_password=True, claim=Claim.CLAIMED)

    # What time does.

    @rule(seconds=st.sampled_from([31, 20 * 60, 23 * 3600, 31 * 24 * 3600]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    # What people do.

    @rule(phone=_PHONES, role=_ROLES, has_password=st.booleans())
    def import_brings_somebody(self, phone: str, role: Role, *, has_password: bool) -> None:
        if self.world.owner_of(phone) is None:
            claim = Claim.CLAIMED if has_password else Claim.CLAIMABLE
            self._settle(role, phone, has_password=has_password, claim=claim)

    @rule(phone=_PHONES)
    def register(self, phone: str) -> None:
        proof = self.wait(
            keep_proof(
                self.tx,
                Proof(phone_key(phone), Purpose.REGISTER),
                secret_key=SECRET_KEY,
                lifetime=_DAY,
                now=self._tick(),
            )
        )
        owner = self.world.owner_of(phone)
        outcome = self._outcome(
            register_oneself(
                self.tx,
                SelfSignUp(proof, "Meera Shah"),
                Opening(SignedInBy.OTP),
                by=_BY_CODE,
                policy=ActivationPolicy(),
                now=self.now,
            )
        )
        if owner is not None and not (owner.is_claimable and owner.may_sign_in):
            assert outcome == "identifier_taken"
            return
        assert not isinstance(outcome, str), outcome
        if owner is None:
            new = KnownPerson(outcome.ids.user_id, {Role.CUSTOMER}, {phone}, has_password=False)
            assert new.id not in self.world.people
            self.world.people[new.id] = owner = new
        self._opened(owner, outcome.signed_in)

    @rule(phone=_PHONES, right=st.booleans())
    def sign_in_by_password(self, phone: str, *, right: bool) -> None:
        owner = self.world.owner_of(phone)
        attempt = Attempt(phone, PASSWORD if right else "another password")
        outcome = self._outcome(sign_in(self.tx, attempt, by=self.by_password, now=self._tick()))
        if owner is None or not owner.may_sign_in or not owner.has_password or not right:
            assert outcome == "invalid_credentials"
        else:
            self._opened(owner, outcome)

    @rule(phone=_PHONES)
    def sign_in_by_code(self, phone: str) -> None:
        owner = self.world.owner_of(phone)
        self.wait(self.tx.database["outbox"].delete_many({}))
        self.wait(ask_for_code(self.tx, phone, Purpose.SIGN_IN, by=_PROVING, address=None, now=self._tick()))
        code = self.wait(newest_code(self.tx, phone, outbox_key=_PROVING.outbox_key))
        may = owner is not None and owner.may_sign_in
        assert (code is not None) == may
        outcome = self._outcome(
            sign_in_by_code(self.tx, CodeAttempt(phone, code or "000000"), by=_BY_CODE, now=self.now)
        )
        if owner is None or not may:
            assert outcome == "wrong_code"
        else:
            self._opened(owner, outcome)

    @precondition(lambda self: self.world.sessions)
    @rule(data=st.data())
    def refresh_with_the_newest_token(self, data: st.DataObject) -> None:
        session = data.draw(st.sampled_from(self.world.sessions))
        counts = self.world.counts(session, self._tick())
        outcome = self._refresh(session.tokens[-1])
        if not counts:
            assert outcome == "session_ended"
            return
        assert outcome.refresh_token not in session.tokens
        session.tokens.append(outcome.refresh_token)
        session.used_at.append(self.now)
        self.world.see(session, self.now)

    @precondition(lambda self: any(session.used_at for session in self.world.sessions))
    @rule(data=st.data())
    def refresh_with_a_used_token(self, data: st.DataObject) -> None:
        session = data.draw(st.sampled_from([one for one in self.world.sessions if one.used_at]))
        number = data.draw(st.integers(0, len(session.used_at) - 1))
        counts = self.world.counts(session, self._tick())
        outcome = self._refresh(session.tokens[number])
        if not counts:
            assert outcome == "session_ended"
        elif self.now - session.used_at[number] <= GRACE and number >= len(session.used_at) - 5:
            assert outcome.refresh_token == session.tokens[number + 1]
        else:
            assert outcome == "refresh_token_reused"
            session.is_ended = True

    @precondition(lambda self: self.world.sessions)
    @rule(data=st.data(), everywhere=st.booleans())
    def sign_out(self, data: st.DataObject, *, everywhere: bool) -> None:
        session = data.draw(st.sampled_from(self.world.sessions))
        who, now = session.user_id, self._tick()
        if everywhere:
            self.wait(end_every_session(self.tx, who, actor=SYSTEM, now=now))
            self.world.end_sessions(who)
        else:
            self._outcome(end_one_session(self.tx, who, session.claims.session_id, actor=SYSTEM, now=now))
            session.is_ended = True

    # What is decided about them.

    @rule(data=st.data(), role=_ROLES, give=st.booleans())
    def decide_about_a_role(self, data: st.DataObject, role: Role, *, give: bool) -> None:
        by, about = self._two(data)
        decision = grant_role if give else revoke_role
        outcome = self._outcome(decision(self.tx, self._decision(by, about), role, now=self._tick()))
        if (expected := self._refusal(by, about)) is None:
            if give and role in about.roles:
                expected = "role_held_already"
            elif not give and role not in about.roles:
                expected = "role_not_held"
            elif not give and role is Role.ADMIN and self.world.is_last_admin(about):
                expected = "last_admin"
        if expected is not None:
            assert outcome == expected
        elif give:
            about.roles.add(role)
        else:
            about.roles.remove(role)

    @rule(data=st.data(), shut_out=st.booleans())
    def decide_about_standing(self, data: st.DataObject, *, shut_out: bool) -> None:
        by, about = self._two(data)
        decision = disable if shut_out else enable
        outcome = self._outcome(decision(self.tx, self._decision(by, about), now=self._tick()))
        if (expected := self._refusal(by, about)) is None:
            if about.is_disabled == shut_out:
                expected = "standing_already"
            elif shut_out and self.world.is_last_admin(about):
                expected = "last_admin"
        if expected is not None:
            assert outcome == expected
        else:
            about.is_disabled = shut_out
            self.world.end_sessions(about.id)

    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        one, other = self._two(data)
        admins = self.world.active_admins()
        outcome = self._outcome(
            merge_users(
                self.tx,
                [one.id, other.id],
                cause=f"review:{len(self.world.sessions)}:{self._tick()}",
                actor=SYSTEM,
                now=self.now,
            )
        )
        if one.id == other.id or not one.is_live or not other.is_live:
            assert outcome == "not_mergeable"
            return
        if outcome == "not_mergeable":
            assert admins <= {one.id, other.id}, "only the last admin may not become a part of somebody else"
            return
        assert not isinstance(outcome, str), outcome
        survivor, loser = (one, other) if outcome.survivor == one.id else (other, one)
        self.world.merge(survivor, loser)
        # Which of them is claimed how is a rule of its own, with tests of its own.
        survivor.is_claimable = self.wait(get_user(self.tx, survivor.id)).claim is Claim.CLAIMABLE

    # What must hold after whatever happened.

    @invariant()
    def each_phone_is_of_one_live_user(self) -> None:
        stored = self.wait(self.tx.database[IDENTIFIERS].find().to_list())
        assert {row["_id"]: row["user_id"] for row in stored} == {
            phone_key(phone): owner for phone, owner in self.world.owners().items()
        }

    @invariant()
    def nobody_has_rights_that_were_not_given_and_somebody_may_decide(self) -> None:
        stored = self.wait(self.tx.database[USERS].find().to_list())
        assert {row["_id"]: (set(row["roles"]), row["status"]) for row in stored} == {
            one.id: (one.roles, self._status(one)) for one in self.world.people.values()
        }
        assert self.world.active_admins() or not self.world.people

    @invariant()
    def exactly_the_sessions_of_the_model_authenticate_with_exactly_its_roles(self) -> None:
        for session in self.world.sessions:
            outcome = self._outcome(authenticate(self.tx, session.claims, policy=SessionPolicy(), now=self.now))
            if self.world.counts(session, self.now):
                assert not isinstance(outcome, str), outcome
                assert outcome.principal.user_id == session.user_id
                assert outcome.principal.roles == self.world.people[session.user_id].roles
            else:
                assert outcome == "session_ended"

    def _tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def _outcome(self, step: Coroutine[Any, Any, _T]) -> Any:  # noqa: ANN401  the value, or the code of the refusal
        try:
            return self.wait(step)
        except RoundsmanError as error:
            return error.code

    def _refresh(self, token: str) -> Any:  # noqa: ANN401  as above
        return self._outcome(refresh(self.tx, token, by=KEEPING, address=None, now=self.now))

    def _settle(self, role: Role, phone: str, *, has_password: bool, claim: Claim) -> None:
        user = replace(a_user(roles=(role,), claim=claim), created_at=self.now)
        self.wait(insert_users(self.tx, [user]))
        self.wait(insert_identifiers(self.tx, [Identifier(phone_key(phone), (user.id,))]))
        if has_password:
            credential = Credential(user.id, PASSWORD_HASH, CredentialOrigin.IMPORTED, self.now)
            self.wait(insert_credentials(self.tx, [credential]))
        self.world.people[user.id] = KnownPerson(
            user.id, {role}, {phone}, has_password, is_claimable=claim is Claim.CLAIMABLE
        )

    def _opened(self, owner: KnownPerson, outcome: SignedIn | str) -> None:
        assert isinstance(outcome, SignedIn), outcome
        assert outcome.user.id == owner.id
        if outcome.session.signed_in_by is SignedInBy.OTP:
            owner.is_claimable = False
        claims = AccessClaims(owner.id, outcome.session.id, outcome.session.version)
        self.world.open(KnownSession(owner.id, claims, self.now, self.now, self.now, [outcome.refresh_token]), self.now)

    def _two(self, data: st.DataObject) -> tuple[KnownPerson, KnownPerson]:
        people = st.sampled_from(list(self.world.people.values()))
        return data.draw(people), data.draw(people)

    def _decision(self, by: KnownPerson, about: KnownPerson) -> Decision:
        principal = Principal(by.id, frozenset({Role.ADMIN}), SessionId(_NOBODY))
        return Decision(principal, about.id, "a test")

    def _refusal(self, by: KnownPerson, about: KnownPerson) -> str | None:
        if by.id not in self.world.active_admins():
            return "no_longer_permitted"
        return None if about.is_live else "user_not_live"

    @staticmethod
    def _status(person: KnownPerson) -> UserStatus:
        if not person.is_live:
            return UserStatus.MERGED
        return UserStatus.DISABLED if person.is_disabled else UserStatus.ACTIVE
