"""Applying a plan: everything it says is written, nothing is decided.

Ids and times come from the plan, so writing is inserting, and inserting twice is comparing once: a run that was killed
at any instant is finished by applying the same plan again, and ends in the same bytes. The order is users, identifiers,
profiles, and each document's copy after all it became.
"""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from bson import ObjectId

from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record_once
from roundsman.clock import Clock
from roundsman.customers.linkage import count_customers, insert_customers
from roundsman.database.bulk import BulkOutcome, insert_missing
from roundsman.database.collections import REVIEWS
from roundsman.database.lease import MIGRATION, Lease, held_lease
from roundsman.database.transaction import Tx
from roundsman.errors import NotFound
from roundsman.identity.importing import add_profile_roles, insert_encoded_identifiers, insert_users, revive_users
from roundsman.identity.mode import PeopleMode, follow_the_source, get_mode
from roundsman.identity.users import User, UserStatus
from roundsman.ids import UserId
from roundsman.migration.attached import import_attached
from roundsman.migration.collecting import Progress, no_progress
from roundsman.migration.copies import note_drifted, was_taken_before
from roundsman.migration.crew import crew_for
from roundsman.migration.documents import DocumentImport
from roundsman.migration.freshness import refuse_claimed_since, refuse_outdated
from roundsman.migration.members import Opener, owners_of
from roundsman.migration.mirrored import Mirror, hand_over_identifiers, mirror_users
from roundsman.migration.pipeline import Pipeline, Stop
from roundsman.migration.plan import (
    IMPORTED,
    DocumentRow,
    HandOverRow,
    PlanHeader,
    ProfileRow,
    ReviewRow,
    RolesRow,
    UserRow,
)
from roundsman.migration.plan_documents import Section
from roundsman.migration.plan_store import find_plan, read_encoded, read_rows
from roundsman.migration.profile import PEOPLE, SourceProfile
from roundsman.migration.runs import RunState, close_run, find_run, open_run
from roundsman.migration.sealing import Seal
from roundsman.migration.seldom_collected import seldom_collected
from roundsman.migration.sources.port import Source
from roundsman.migration.taking import Import, take
from roundsman.migration.write_back.restored import as_before_write_back


class PlanNotFound(NotFound):
    """No plan has this digest."""

    code = "plan_not_found"


@dataclass(frozen=True, slots=True)
class Means:
    """What applying needs besides the plan: the key for copies, the clock, and how it may be watched and ended."""

    seal: Seal
    clock: Clock
    progress: Progress = no_progress
    stop: Stop = lambda: False
    documents_a_second: int = 0


@dataclass(slots=True)
class Applied:
    """What applying did. `already` says that the plan had been applied before, so nothing was done now."""

    run_id: str
    already: bool = False
    totals: dict[str, BulkOutcome] = field(default_factory=dict)
    drifted: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    findings: Mapping[str, int] = field(default_factory=dict)
    concerned: set[UserId] = field(default_factory=set)

    def add(self, collection: str, outcome: BulkOutcome) -> None:
        """Count a batch."""
        self.totals[collection] = self.totals.get(collection, BulkOutcome()) + outcome


@seldom_collected
async def apply_plan(tx: Tx, source: Source, profile: SourceProfile, digest: str, means: Means) -> Applied:
    """Write what the plan says. Raises PlanNotFound, LeaseTaken, LeaseLost, RunInterrupted or what the source raises.

    Documents that changed since the plan, or are gone, are left out and listed; the next plan takes them.
    """
    header, chunks_id = await _get_plan(tx, digest)
    run = await find_run(tx, header.run_id)
    if run and run.state is RunState.APPLIED:
        return Applied(header.run_id, already=True)
    async with held_lease(tx, MIGRATION, means.clock) as lease:
        await refuse_outdated(tx, header.digest)
        if run is None:
            await refuse_claimed_since(tx, chunks_id)
        source = await as_before_write_back(tx, source)
        return await _Application(tx, source, profile, header, chunks_id, means, lease).run()


async def get_plan(tx: Tx, digest: str) -> PlanHeader:
    """The header of a plan. Raises PlanNotFound."""
    return (await _get_plan(tx, digest))[0]


async def _get_plan(tx: Tx, digest: str) -> tuple[PlanHeader, ObjectId]:
    found = await find_plan(tx, digest)
    if found is None:
        raise PlanNotFound(f"there is no plan {digest}; make one with: roundsman migrate plan --source …")
    return found


class _Application:
    """One run of one plan."""

    def __init__(
        self,
        tx: Tx,
        source: Source,
        profile: SourceProfile,
        header: PlanHeader,
        chunks_id: ObjectId,
        means: Means,
        lease: Lease,
    ) -> None:
        self._tx, self._source, self._profile = tx, source, profile
        self._header, self._chunks_id, self._means, self._lease = header, chunks_id, means, lease
        self._run_id = header.run_id
        self._actor = Actor(f"import:{self._run_id}")
        self._applied = Applied(self._run_id)
        self._crew = crew_for(header.counts["rows.documents"])
        self._pipeline = Pipeline(
            tx, self._run_id, lease, means.clock, stop=means.stop, documents_a_second=means.documents_a_second
        )

    async def run(self) -> Applied:
        writer = {"fencing": self._lease.fencing, "owner": self._lease.owner}
        if not await count_customers(self._tx):
            # A business that already lives in Roundsman goes on doing so; the others follow their application first.
            await follow_the_source(self._tx)
        await open_run(self._tx, self._run_id, plan=self._header.digest, writer=writer, now=self._means.clock())
        try:
            async with self._crew:
                await self._stages()
        except BaseException:
            await self._pipeline.abandon()
            raise
        await close_run(self._tx, self._run_id, outcome=self._outcome(), now=self._means.clock())
        return self._applied

    async def _stages(self) -> None:
        await self._section(Section.USERS, self._users)
        await self._section(Section.ROLES, self._roles)
        await self._section(Section.HAND_OVERS, self._hand_overs)
        await self._identifiers()
        await self._section(Section.PROFILES, self._made_profiles)
        await self._documents()
        await self._mirror()
        self._applied.findings = await import_attached(
            self._tx,
            self._source,
            self._profile,
            as_of=self._header.as_of,
            add=self._add,
            pipeline=self._pipeline,
            concerned=self._applied.concerned,
        )
        await self._section(Section.REVIEWS, self._reviews)

    async def _section(self, section: Section, write: Any) -> None:  # noqa: ANN401 - a coroutine function by section
        async for rows in read_rows(self._tx, self._chunks_id, section):
            await self._pipeline.submit(write(rows), len(rows))
        await self._pipeline.drain()

    def _add(self, collection: str, outcome: BulkOutcome) -> None:
        self._applied.add(collection, outcome)
        self._means.progress(f"write {collection}", outcome.inserted + outcome.same + len(outcome.differing))

    async def _users(self, rows: Sequence[UserRow]) -> None:
        users = [self._created_by_run(row.user) for row in rows]
        await record_once(self._tx, self._audit_entries(users))
        outcome = await insert_users(self._tx, users)
        await revive_users(self._tx, [user for user in users if user.is_live and user.id in outcome.differing])
        self._add("users", outcome)

    def _created_by_run(self, user: User) -> User:
        return replace(user, created_by=self._actor.who) if user.created_by == IMPORTED else user

    def _audit_entries(self, users: Sequence[User]) -> list[AuditEntry]:
        """One row for the batch, which the plan explains user by user, and one for each who lost something by it."""
        now = self._means.clock()
        entries = [
            AuditEntry(
                now, self._actor, "users.imported", f"user:{users[0].id}", reason=f"{len(users)} users from here on"
            )
        ]
        for user in users:
            if user.status is UserStatus.MERGED:
                reason = f"merged into user:{user.merged_into}"
                entries.append(AuditEntry(now, self._actor, "user.merged", f"user:{user.id}", reason=reason))
            elif user.status is UserStatus.ARCHIVED:
                entries.append(AuditEntry(now, self._actor, "user.archived", f"user:{user.id}", reason="unused"))
        return entries

    async def _roles(self, rows: Sequence[RolesRow]) -> None:
        for row in rows:
            if await add_profile_roles(self._tx, row.user_id, roles=row.roles, to_confirm=row.to_confirm):
                reason = f"profile brings {', '.join(row.roles)}"
                entry = AuditEntry(
                    self._means.clock(), self._actor, "user.roles_added", f"user:{row.user_id}", reason=reason
                )
                await record_once(self._tx, [entry])

    async def _identifiers(self) -> None:
        """They are the most, and in the plan as they are stored."""
        async for encoded in read_encoded(self._tx, self._chunks_id, Section.IDENTIFIERS):
            await self._pipeline.submit(self._insert_identifiers(encoded), len(encoded))
        await self._pipeline.drain()

    async def _insert_identifiers(self, encoded: Sequence[bytes]) -> None:
        self._add("identifiers", await insert_encoded_identifiers(self._tx, encoded))

    async def _made_profiles(self, rows: Sequence[ProfileRow]) -> None:
        customers = [replace(row.customer, created_by=self._actor.who) for row in rows]
        self._add("customers", await insert_customers(self._tx, customers))

    async def _documents(self) -> None:
        run = Import(self._profile, self._means.seal, self._run_id, self._header.as_of)
        work = DocumentImport(self._tx, self._source, run, self._means.clock)
        for place, collection in enumerate(self._profile.of_kind(*PEOPLE)):
            rows = read_rows(self._tx, self._chunks_id, Section.DOCUMENTS, place)
            async with aclosing(self._crew.in_order(take, work.takings(collection, rows))) as batches:
                async for taking, taken in batches:
                    self._applied.drifted += taking.drifted
                    self._applied.gone += taking.gone
                    await note_drifted(self._tx, [*taking.drifted, *taking.gone])
                    await self._pipeline.submit(work.write(taken, self._add), len(taking.rows))
            # A customer names his delivery boy: what stands before in the order must be there.
            await self._pipeline.drain()

    async def _hand_overs(self, rows: Sequence[HandOverRow]) -> None:
        await hand_over_identifiers(self._tx, rows, self._as_mirror())

    async def _mirror(self) -> None:
        """While people follow the source, users who were here are what all their documents say now."""
        counts = self._header.counts
        is_first = not (counts.get("changed") or await was_taken_before(self._tx, self._run_id))
        if not is_first and (await get_mode(self._tx)).people is PeopleMode.SHADOW:
            await self._section(Section.DOCUMENTS, self._mirror_owners)
            await self._section(Section.HAND_OVERS, self._mirror_parties)

    async def _mirror_owners(self, rows: Sequence[DocumentRow]) -> None:
        await mirror_users(self._tx, {row.user_id for row in rows}, self._as_mirror())

    async def _mirror_parties(self, rows: Sequence[HandOverRow]) -> None:
        users = {user for row in rows for user in (row.before, row.after) if user is not None}
        await mirror_users(self._tx, users, self._as_mirror())

    def _as_mirror(self) -> Mirror:
        return Mirror(Opener(self._means.seal, self._profile), self._run_id, self._means.clock())

    async def _reviews(self, rows: Sequence[ReviewRow]) -> None:
        documents = [
            {
                "_id": row.id,
                "list": row.list,
                "rule": row.rule,
                "members": list(row.members),
                "user_ids": list(row.user_ids),
                "evidence": list(row.evidence),
                "status": "open",
                "run": self._run_id,
            }
            for row in await self._answerable(rows)
        ]
        self._add("reviews", await insert_missing(self._tx, REVIEWS, documents))

    async def _answerable(self, rows: Sequence[ReviewRow]) -> list[ReviewRow]:
        """Without those that are about one user only, because another one's document was not taken: the next plan asks."""
        left_out = {*self._applied.drifted, *self._applied.gone}
        doubtful = [row for row in rows if not left_out.isdisjoint(row.members)]
        owners = await owners_of(self._tx, {key for row in doubtful for key in row.members})
        of_one = {row.id for row in doubtful if len({owners[key] for key in row.members} - {None}) <= 1}
        return [row for row in rows if row.id not in of_one]

    def _outcome(self) -> dict[str, Any]:
        totals = {
            name: {"inserted": one.inserted, "same": one.same, "differing": len(one.differing)}
            for name, one in self._applied.totals.items()
        }
        findings = dict(self._applied.findings)
        return {
            "totals": totals,
            "findings": findings,
            "drifted": sorted(self._applied.drifted),
            "gone": sorted(self._applied.gone),
        }
