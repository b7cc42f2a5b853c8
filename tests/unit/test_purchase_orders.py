"""Purchase orders go only the steps there are, and what comes of them adds up."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from roundsman.ids import PriceProposalId, ProductId, SupplierId
from roundsman.suppliers.proposals import PriceProposal, ProposalSettled, ProposalStatus, counts_from, settled
from roundsman.suppliers.purchase_orders import (
    STEPS,
    Came,
    PurchaseLine,
    PurchaseOrder,
    PurchaseOrderStatus,
    PurchaseOrderStep,
    acknowledged,
    cancelled,
    closed,
    rejected,
    sent,
    total_of,
)
from roundsman.suppliers.receipts import NotAReceipt, TooMuchReceived, all_missing, received, taken_back
from tests.builders import NOW, a_purchase_order

LATER = NOW + timedelta(hours=1)
Status = PurchaseOrderStatus
LISTED = {
    (Status.DRAFT, Status.SENT),
    (Status.SENT, Status.ACKNOWLEDGED),
    (Status.SENT, Status.REJECTED),
    (Status.ACKNOWLEDGED, Status.PART_RECEIVED),
    (Status.ACKNOWLEDGED, Status.RECEIVED),
    (Status.PART_RECEIVED, Status.PART_RECEIVED),
    (Status.PART_RECEIVED, Status.RECEIVED),
    (Status.RECEIVED, Status.CLOSED),
    *((one, Status.CANCELLED) for one in (Status.DRAFT, Status.SENT, Status.ACKNOWLEDGED, Status.PART_RECEIVED)),
}
MOVES: dict[Status, Callable[[PurchaseOrder], PurchaseOrder]] = {
    Status.SENT: lambda one: sent(one, at=NOW),
    Status.ACKNOWLEDGED: lambda one: acknowledged(one, at=NOW),
    Status.REJECTED: lambda one: rejected(one, reason="no milk", at=NOW),
    Status.CLOSED: lambda one: closed(one, at=NOW),
    Status.CANCELLED: lambda one: cancelled(one, reason="too late", at=NOW),
}
quarters = st.integers(1, 400).map(lambda number: number / 4)
lines = st.lists(
    st.builds(PurchaseLine, st.none(), st.just("Milk"), st.just("litre"), quarters, st.integers(0, 100_000)),
    min_size=1,
    max_size=4,
)


def an_acknowledged(of: list[PurchaseLine]) -> PurchaseOrder:
    order = replace(a_purchase_order(), lines=tuple(of), total_paise=total_of(of))
    return acknowledged(sent(order, at=NOW), at=NOW)


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", MOVES)
def test_only_the_listed_steps_are_gone(before: Status, after: Status) -> None:
    order = replace(a_purchase_order(), status=before)
    if before is after:
        assert MOVES[after](order) == order
    elif (before, after) in LISTED:
        assert MOVES[after](order).status is after
    else:
        with pytest.raises(PurchaseOrderStep, match=f"is {before} and cannot become {after}"):
            MOVES[after](order)
    assert {(one, to) for one, following in STEPS.items() for to in following} == LISTED


@given(of=lines, data=st.data())
def test_whatever_is_tried_only_listed_steps_happen_and_receipts_add_up(
    of: list[PurchaseLine], data: st.DataObject
) -> None:
    order = replace(a_purchase_order(), lines=tuple(of), total_paise=total_of(of))
    for _ in range(data.draw(st.integers(1, 12))):
        before = order
        came = data.draw(
            st.none()
            | st.lists(st.builds(Came, st.integers(0, len(of) + 1), quarters), max_size=3, unique_by=lambda x: x.line)
        )
        try:
            if data.draw(st.booleans()):
                order = data.draw(st.sampled_from(list(MOVES.values())))(order)
            else:
                order = received(order, ObjectId(), all_missing(order) if came is None else came, at=LATER)
        except (PurchaseOrderStep, TooMuchReceived, NotAReceipt):
            assert order is before
        assert order == before or (before.status, order.status) in LISTED
        assert all(0 <= line.received <= line.quantity for line in order.lines)
        billed = sum(one.paise for one in order.receipts)
        assert 0 <= billed <= order.total_paise
        if order.status in {Status.RECEIVED, Status.CLOSED}:
            assert billed == order.total_paise
            assert all_missing(order) == ()


@given(of=lines, parts=st.lists(quarters, min_size=1, max_size=6), data=st.data())
def test_what_is_taken_back_never_came_and_the_rest_costs_what_it_does(
    of: list[PurchaseLine], parts: list[float], data: st.DataObject
) -> None:
    order = an_acknowledged(of)
    for part in parts:
        if missing := order.lines[0].missing:
            order = received(order, ObjectId(), [Came(1, min(part, missing))], at=NOW)
    gone = data.draw(st.sets(st.sampled_from([one.id for one in order.receipts])))
    for receipt_id in gone:
        order = taken_back(order, receipt_id, reason="it was another's", at=LATER)
        assert taken_back(order, receipt_id, reason="again", at=LATER) is order
    left = [one for one in order.receipts if one.id not in gone]
    assert order.lines[0].received == sum(one.lines[0].quantity for one in left)
    assert (order.status is Status.ACKNOWLEDGED) == (not left)
    order = received(order, ObjectId(), all_missing(order), at=LATER) if all_missing(order) else order
    assert order.status is Status.RECEIVED
    assert sum(one.paise for one in order.receipts if one.id not in gone) == total_of(of)


def test_what_was_cancelled_stays_so_without_a_receipt_and_what_is_closed_is_done_with() -> None:
    order = an_acknowledged([PurchaseLine(None, "Milk", "litre", 10, 3200)])
    part = received(order, ObjectId(), [Came(1, 8)], at=NOW)
    ended = cancelled(part, reason="the truck broke down", at=NOW)
    gone = taken_back(ended, part.receipts[0].id, reason="it was another's", at=LATER)
    assert (gone.status, gone.lines[0].received) == (Status.CANCELLED, 0)
    whole = closed(received(part, ObjectId(), all_missing(part), at=NOW), at=NOW)
    with pytest.raises(PurchaseOrderStep, match="enter a credit note"):
        taken_back(whole, part.receipts[0].id, reason="it was another's", at=LATER)


@given(of=lines, parts=st.lists(quarters, max_size=6))
def test_however_it_comes_the_receipts_cost_what_the_order_does(of: list[PurchaseLine], parts: list[float]) -> None:
    order = an_acknowledged(of)
    for part in parts:
        if (missing := order.lines[0].missing) > part:
            order = received(order, ObjectId(), [Came(1, min(part, missing))], at=NOW)
            assert order.status is Status.PART_RECEIVED
    order = received(order, ObjectId(), all_missing(order), at=NOW)
    assert order.status is Status.RECEIVED
    assert sum(one.paise for one in order.receipts) == order.total_paise


def test_a_receipt_counts_once_and_never_for_more_than_was_ordered() -> None:
    order = an_acknowledged([PurchaseLine(ProductId(ObjectId()), "Milk", "litre", 10, 3200)])
    first = ObjectId()
    part = received(order, first, [Came(1, 8)], at=NOW)
    assert received(part, first, [Came(1, 8)], at=LATER) is part
    assert part.receipts[0].paise == 8 * 3200
    with pytest.raises(TooMuchReceived, match="10 litre were ordered and 8 received before: 2 can be received, not 3"):
        received(part, ObjectId(), [Came(1, 3)], at=NOW)
    for nothing in ([], [Came(1, 0)], [Came(2, 1)], [Came(0, 1)], [Came(1, 1), Came(1, 1)]):
        with pytest.raises(NotAReceipt):
            received(part, ObjectId(), nothing, at=NOW)
    gone = cancelled(part, reason="the truck broke down", at=LATER)
    assert gone.receipts == part.receipts
    with pytest.raises(PurchaseOrderStep, match="nothing follows upon that"):
        received(gone, ObjectId(), [Came(1, 1)], at=NOW)


def test_quantities_that_do_not_add_up_in_binary_come_to_an_end() -> None:
    order = an_acknowledged([PurchaseLine(None, "Curd", "kg", 0.8, 100), PurchaseLine(None, "Ghee", "kg", 33.3, 7)])
    part = received(order, ObjectId(), [Came(1, 0.1), Came(2, 11.1)], at=NOW)
    whole = received(part, ObjectId(), all_missing(part), at=NOW)
    assert whole.status is Status.RECEIVED
    assert sum(one.paise for one in whole.receipts) == whole.total_paise


def test_a_proposed_price_is_settled_once_and_never_counts_backwards() -> None:
    day = date(2026, 3, 10)
    ids = (PriceProposalId(ObjectId()), SupplierId(ObjectId()), ProductId(ObjectId()))
    proposal = PriceProposal(*ids, 4000, day, ProposalStatus.PROPOSED, NOW)
    taken = settled(proposal, ProposalStatus.ACCEPTED, at=NOW)
    assert settled(taken, ProposalStatus.ACCEPTED, at=LATER) == taken
    with pytest.raises(ProposalSettled, match="was accepted before"):
        settled(taken, ProposalStatus.WITHDRAWN, at=LATER)
    assert counts_from(proposal, today=day - timedelta(days=1)) == day
    assert counts_from(proposal, today=day) is None
    assert counts_from(replace(proposal, valid_from=None), today=day) is None
