"""What the office changes about profiles of partners. The audit log keeps digests of what was there before and after.

Phones and e-mails are not among it: they are what somebody signs in with, and he changes them himself.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from roundsman.audit_log.entries import AuditEntry, digest
from roundsman.audit_log.log import record
from roundsman.database.transaction import Tx, in_transaction
from roundsman.delivery import delivery_boys
from roundsman.delivery import linkage as of_delivery_boys
from roundsman.delivery.delivery_boys import DeliveryBoy, DeliveryBoyEdit
from roundsman.identity.lookup import get_user
from roundsman.identity.mode import require_people_managed_here
from roundsman.ids import DeliveryBoyId, SupplierId, UserId
from roundsman.operations.accounts.standing import NotLive
from roundsman.operations.facts.intake import Intake
from roundsman.suppliers import linkage as of_suppliers
from roundsman.suppliers import suppliers
from roundsman.suppliers.suppliers import Supplier, SupplierEdit


async def edit_supplier(
    tx: Tx, supplier_id: SupplierId, edit: SupplierEdit, *, intake: Intake, now: datetime
) -> Supplier:
    """Change what is said of a supplier, or whether the business buys from him.

    Raises SupplierNotFound, NotLive, GstinTaken, PeopleManagedElsewhere.
    """

    async def work(tx: Tx) -> Supplier:
        await require_people_managed_here(tx)
        before = await of_suppliers.get_supplier(tx, supplier_id)
        await _require_person(tx, before.user_id)
        after = suppliers.edited(before, edit)
        if after.gstin != before.gstin:
            await of_suppliers.require_gstin_free(tx, after)
        if after != before:
            documents = await of_suppliers.write_profile(tx, before, after)
            await _note_down(tx, "supplier.edited", f"supplier:{supplier_id}", *documents, intake=intake, now=now)
        return after

    return await in_transaction(tx, work)


async def edit_delivery_boy(
    tx: Tx, boy_id: DeliveryBoyId, edit: DeliveryBoyEdit, *, intake: Intake, now: datetime
) -> DeliveryBoy:
    """Change what a delivery boy is called, or where he delivers. Raises UnknownDeliveryBoy, NotLive, PeopleManagedElsewhere."""

    async def work(tx: Tx) -> DeliveryBoy:
        await require_people_managed_here(tx)
        before = await of_delivery_boys.get_delivery_boy(tx, boy_id)
        await _require_person(tx, before.user_id)
        after = delivery_boys.edited(before, edit)
        if after != before:
            documents = await of_delivery_boys.write_profile(tx, before, after)
            await _note_down(tx, "delivery_boy.edited", f"delivery_boy:{boy_id}", *documents, intake=intake, now=now)
        return after

    return await in_transaction(tx, work)


async def _require_person(tx: Tx, user_id: UserId) -> None:
    """What was erased of a closed account is not written anew."""
    if not (await get_user(tx, user_id)).is_live:
        raise NotLive("The account was closed: only what others need of the profile is kept")


async def _note_down(
    tx: Tx,
    action: str,
    target: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    intake: Intake,
    now: datetime,
) -> None:
    await record(tx, AuditEntry(now, intake.actor, action, target, digest(before), digest(after)))
