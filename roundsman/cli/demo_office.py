"""What happens in the demo's business once its orders are kept here, so that no page of it is empty.

It goes through the same operations as everybody's work. What was done before stays as it is, and each day that the demo is
begun anew has its own deliveries.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import cycle
from typing import Final

from roundsman.activation.rollups import roll_up_all
from roundsman.audit_log.entries import SYSTEM, Actor
from roundsman.calendar import begin_of, day_of
from roundsman.catalog.listing import list_active_products, list_products_of
from roundsman.catalog.prices import begun_price
from roundsman.catalog.products import Product
from roundsman.delivery.adjustments import Adjustment, AdjustmentKind
from roundsman.delivery.delivery_boys import DeliveryBoy, DeliveryBoyStatus
from roundsman.delivery.linkage import list_delivery_boys
from roundsman.delivery.paying import list_payouts
from roundsman.identity.role_grants import list_active_admins
from roundsman.ids import DeliveryBoyId, PurchaseOrderId, UserId
from roundsman.operations.buying.price_proposals import WantedPrice, propose_price
from roundsman.operations.buying.purchasing import (
    WantedPurchase,
    acknowledge_purchase_order,
    draft_purchase_order,
    of_anybody,
    send_purchase_order,
)
from roundsman.operations.buying.receiving import WantedReceipt, receive_purchase
from roundsman.operations.buying.supplier_dues import Paid as PaidToSupplier
from roundsman.operations.buying.supplier_dues import record_supplier_payment
from roundsman.operations.delivering.adjusting import WantedAdjustment, decide_adjustment, propose_adjustment
from roundsman.operations.delivering.delivery_marks import mark_stop
from roundsman.operations.delivering.delivery_terms import WantedCard, make_card
from roundsman.operations.delivering.payout_steps import approve_payout, draft_all, pay_payout
from roundsman.operations.delivering.rounds import round_of
from roundsman.operations.facts.activation_sweep import sweep_everybody
from roundsman.operations.facts.intake import Intake
from roundsman.operations.selling.catalog_changes import supply_product
from roundsman.operations.selling.order_intake import WantedLine
from roundsman.orders.deliveries import Paid
from roundsman.orders.stops import Mark
from roundsman.runtime import Runtime
from roundsman.suppliers.linkage import list_suppliers
from roundsman.suppliers.suppliers import Supplier, SupplierStatus

_KEY: Final = "of-the-demo"
_RATES: Final = "rates-of-the-demo"
_PER_DELIVERY_PAISE: Final = 500
_AT_MOST: Final = 20
_STOPS: Final = 6
_TAKEN_PAISE: Final = 6_000
_OWED_PAISE: Final = (125_000, 98_050, 143_500)
_QUANTITY: Final = 40
_PAID_PAISE: Final = 500_000


async def work_a_day(runtime: Runtime) -> None:
    """Set what a delivery brings, begin today's rounds, pay what was owed, deal with the suppliers, and count it."""
    now = runtime.clock()
    card = WantedCard(_RATES, per_delivery_paise=_PER_DELIVERY_PAISE)
    await make_card(runtime.tx, card, intake=_office(runtime), now=now)
    boys = await list_delivery_boys(runtime.tx, status=DeliveryBoyStatus.ACTIVE, skip=0, limit=_AT_MOST)
    for boy in boys:
        await _begin_round(runtime, boy, now)
    if not await list_payouts(runtime.tx, skip=0, limit=1):
        suppliers = await list_suppliers(runtime.tx, status=SupplierStatus.ACTIVE, skip=0, limit=_AT_MOST)
        await _share_out(runtime, suppliers, now)
        for supplier in suppliers:
            await _deal_with(runtime, supplier, now)
        await _pay(runtime, boys, now)
    # What a worker does each minute: the demo has none.
    await sweep_everybody(runtime.tx, now=now)
    await roll_up_all(runtime.tx, now=now)


async def _begin_round(runtime: Runtime, boy: DeliveryBoy, now: datetime) -> None:
    himself = Intake(Actor(str(boy.user_id)), runtime.activation)
    for number, sheet in enumerate((await round_of(runtime.tx, boy, day_of(now), now=now))[:_STOPS]):
        paid = Paid(_TAKEN_PAISE, "cash") if number % 3 == 0 else None
        if not sheet.is_done:
            mark = Mark(f"{_KEY}-{day_of(now)}-{number}", now, paid=paid)
            await mark_stop(runtime.tx, boy.id, sheet.stop.id, mark, intake=himself, now=now)


async def _pay(runtime: Runtime, boys: Sequence[DeliveryBoy], now: datetime) -> None:
    """What the existing application still owed is entered and paid to the first; of the others it waits for the office."""
    admins = [one.id for one in await list_active_admins(runtime.tx)]
    first, second = admins[0], admins[-1]
    evening = begin_of(day_of(now)) - timedelta(hours=4)
    for boy, paise in zip(boys, _OWED_PAISE, strict=False):
        await _adjust(runtime, boy.id, paise, by=(first, second), now=evening)
    yesterday = day_of(evening)
    payouts = await draft_all(runtime.tx, yesterday, key=f"owed-{_KEY}", by=first, intake=_of(runtime, first), now=now)
    # The last two wait for who looks at the demo.
    for payout in payouts[:-1]:
        await approve_payout(runtime.tx, payout.id, by=second, intake=_of(runtime, second), now=now)
    for number, payout in enumerate(payouts[:-2], start=1):
        reference = f"NEFT {yesterday:%d%m%y}{number:02}"
        await pay_payout(runtime.tx, payout.id, reference=reference, intake=_of(runtime, first), now=now)
    for boy in boys[-1:]:
        await _propose(runtime, boy.id, AdjustmentKind.DEDUCTION, 4_000, "two bottles broken", by=first, now=now)


async def _adjust(
    runtime: Runtime, boy: DeliveryBoyId, paise: int, *, by: tuple[UserId, UserId], now: datetime
) -> None:
    first, second = by
    reason = "still owed from before the change"
    one = await _propose(runtime, boy, AdjustmentKind.ADJUSTMENT, paise, reason, by=first, now=now)
    await decide_adjustment(runtime.tx, one.id, approves=True, by=second, intake=_of(runtime, second), now=now)


async def _propose(
    runtime: Runtime, boy: DeliveryBoyId, kind: AdjustmentKind, paise: int, reason: str, *, by: UserId, now: datetime
) -> Adjustment:
    wanted = WantedAdjustment(f"{kind}-{boy}-{_KEY}", boy, kind, paise, reason)
    return await propose_adjustment(runtime.tx, wanted, by=by, intake=_of(runtime, by), now=now)


async def _share_out(runtime: Runtime, suppliers: Sequence[Supplier], now: datetime) -> None:
    """Say who brings what: the existing application knew it only of the supplier, and of several the same."""
    products = await list_active_products(runtime.tx, skip=0, limit=_AT_MOST)
    for product, supplier in zip(products, cycle(suppliers), strict=False):
        if product.supplier_id is None:
            await supply_product(runtime.tx, product.id, supplier.id, actor=SYSTEM, now=now)


async def _deal_with(runtime: Runtime, supplier: Supplier, now: datetime) -> None:
    """Ask for tomorrow's goods, have today's received, and let him ask for a better price."""
    products = await list_products_of(runtime.tx, supplier.id, skip=0, limit=_AT_MOST)
    sold = [one for one in products if one.active and begun_price(one, now) is not None]
    if not sold:
        return
    today = await _order(runtime, supplier, sold, day_of(now), now)
    himself = _of(runtime, supplier.user_id)
    await acknowledge_purchase_order(runtime.tx, of_anybody(today), intake=himself, now=now)
    await receive_purchase(runtime.tx, today, WantedReceipt(f"came-{today}-{_KEY}"), intake=_office(runtime), now=now)
    paid = PaidToSupplier(f"paid-{today}-{_KEY}", _PAID_PAISE, f"UPI {day_of(now):%d%m%y}")
    await record_supplier_payment(runtime.tx, supplier.id, paid, intake=_office(runtime), now=now)
    await _order(runtime, supplier, sold, day_of(now) + timedelta(days=1), now)
    wanted = WantedPrice(f"price-{_KEY}", sold[0].id, (begun_price(sold[0], now) or 0) + 200)
    await propose_price(runtime.tx, supplier.user_id, wanted, intake=himself, now=now)


async def _order(
    runtime: Runtime, supplier: Supplier, sold: Sequence[Product], day: date, now: datetime
) -> PurchaseOrderId:
    lines = tuple(WantedLine(one.id, _QUANTITY) for one in sold)
    wanted = WantedPurchase(f"{supplier.id}-{day}-{_KEY}", supplier.id, lines, day)
    order = await draft_purchase_order(runtime.tx, wanted, intake=_office(runtime), now=now)
    await send_purchase_order(runtime.tx, order.id, intake=_office(runtime), now=now)
    return order.id


def _office(runtime: Runtime) -> Intake:
    return Intake(SYSTEM, runtime.activation)


def _of(runtime: Runtime, user_id: UserId) -> Intake:
    return Intake(Actor(str(user_id)), runtime.activation)
