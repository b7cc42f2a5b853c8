"""The checks that look at Roundsman's own documents only."""

from collections.abc import Collection, Mapping
from itertools import pairwise

from bson import ObjectId

from roundsman.access.roles import STAFF_ROLES
from roundsman.audit_log.log import was_granted
from roundsman.customers.linkage import iterate_customers
from roundsman.database.transaction import Tx
from roundsman.delivery.linkage import iterate_delivery_boys
from roundsman.identity.importing import iterate_identifiers, iterate_users
from roundsman.identity.phones import read_phone
from roundsman.identity.users import LIVE_STATUSES, Identifier, User, UserStatus
from roundsman.migration.knowledge import HERE
from roundsman.migration.runs import list_runs
from roundsman.migration.verify.verification import Check, CheckResult
from roundsman.orders.history import iterate_orders
from roundsman.suppliers.linkage import iterate_suppliers

_OWN = f"{HERE}:"
_SIGN_IN = ("phone:", "email:")
_OWNING = LIVE_STATUSES | {UserStatus.CLOSED}
"""Who may have profiles; those of a closed account are empty (see `closed`)."""


async def user_statuses(tx: Tx) -> dict[ObjectId, UserStatus]:
    """The status of every user, by id."""
    return {user.id: user.status async for user in iterate_users(tx)}


async def check_identifiers(tx: Tx, statuses: Mapping[ObjectId, UserStatus], bad_key: CheckResult) -> CheckResult:
    """One live owner for each phone and e-mail; a phone that signs in must be a usable number."""
    shared = CheckResult(Check.IDENTIFIER_SHARED)
    async for identifier in iterate_identifiers(tx):
        if identifier.key.startswith(_SIGN_IN):
            shared.look()
            _check_owner(identifier, statuses, shared)
        if identifier.key.startswith("phone:") and not read_phone(identifier.key.removeprefix("phone:")).is_key:
            bad_key.fail(f"{identifier.key} signs in, but is no usable number")
    return shared


def _check_owner(identifier: Identifier, statuses: Mapping[ObjectId, UserStatus], shared: CheckResult) -> None:
    if len(identifier.user_ids) != 1:
        shared.fail(f"{identifier.key} belongs to {len(identifier.user_ids)} users")
    elif statuses.get(identifier.user_ids[0]) not in LIVE_STATUSES:
        status = statuses.get(identifier.user_ids[0], "not there")
        shared.fail(f"{identifier.key} belongs to user {identifier.user_ids[0]}, who is {status}")


async def check_profiles(tx: Tx, statuses: Mapping[ObjectId, UserStatus]) -> list[CheckResult]:
    """Every profile has a live user, every order of a known customer has that customer's user."""
    orphans, linked = CheckResult(Check.PROFILE_WITHOUT_USER), CheckResult(Check.LINKED_CUSTOMERS)
    owners: dict[ObjectId, ObjectId] = {}
    async for customer in iterate_customers(tx):
        owners[customer.id] = customer.user_id
        linked.look()
        if statuses.get(customer.user_id) not in _OWNING:
            linked.fail(f"customer {customer.id} has no live user")
    async for delivery_boy in iterate_delivery_boys(tx):
        orphans.look()
        if statuses.get(delivery_boy.user_id) not in _OWNING:
            orphans.fail(f"delivery boy {delivery_boy.id} has no live user")
    async for supplier in iterate_suppliers(tx):
        orphans.look()
        if statuses.get(supplier.user_id) not in _OWNING:
            orphans.fail(f"supplier {supplier.id} has no live user")
    async for order in iterate_orders(tx):
        orphans.look()
        if order.customer_id is not None and owners.get(order.customer_id) != order.user_id:
            orphans.fail(f"order {order.id} does not carry the user of its customer {order.customer_id}")
        elif order.user_id is not None and order.user_id not in statuses:
            orphans.fail(f"order {order.id} has user {order.user_id}, who is not there")
    linked.said = f"{linked.looked_at - linked.failures} of {linked.looked_at} customers have a live user"
    return [orphans, linked]


async def check_users(
    tx: Tx, statuses: Mapping[ObjectId, UserStatus], staff: set[ObjectId], *, other_runs: Collection[str]
) -> list[CheckResult]:
    """Merges lead to a live user in one step; imported staff was staff in the source, unless other sources brought it."""
    others = {f"import:{run}" for run in other_runs}
    chain, gained = CheckResult(Check.MERGE_CHAIN), CheckResult(Check.STAFF_ROLE_GAINED)
    async for user in iterate_users(tx):
        if user.status is UserStatus.MERGED:
            chain.look()
            if user.merged_into is None or statuses.get(user.merged_into) not in LIVE_STATUSES:
                chain.fail(f"user {user.id} is merged into {user.merged_into}, who is not live")
        elif user.created_by not in others and _is_imported_staff(user):
            gained.look()
            if user.id not in staff and not await was_granted(tx, f"user:{user.id}"):
                gained.fail(f"user {user.id} has {', '.join(user.roles)}, which no source document says")
    return [chain, gained]


def _is_imported_staff(user: User) -> bool:
    return user.created_by.startswith("import:") and bool(STAFF_ROLES & set(user.roles))


async def check_fencing(tx: Tx) -> CheckResult:
    """The times in which runners wrote do not overlap."""
    result = CheckResult(Check.FENCING)
    for run in await list_runs(tx):
        writers = sorted(run.writers, key=lambda writer: writer["fencing"])
        result.look(len(writers))
        for before, after in pairwise(writers):
            if after["from"] < before["until"]:
                result.fail(f"run {run.id}: runners {before['fencing']} and {after['fencing']} wrote at the same time")
    return result
