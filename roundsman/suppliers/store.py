"""Suppliers, purchase orders, dues and proposed prices as documents."""

from datetime import date

from roundsman.database.documents import source_document, source_from, without_absent
from roundsman.database.transaction import Document
from roundsman.suppliers.dues import Due, DueKind, SupplierTotals
from roundsman.suppliers.proposals import PriceProposal, ProposalStatus
from roundsman.suppliers.purchase_orders import (
    Came,
    PurchaseLine,
    PurchaseOrder,
    PurchaseOrderOrigin,
    PurchaseOrderStatus,
    Receipt,
)
from roundsman.suppliers.suppliers import Supplier, SupplierStatus


def supplier_document(supplier: Supplier) -> Document:
    """Store a supplier."""
    return without_absent(
        {
            "_id": supplier.id,
            "user_id": supplier.user_id,
            "name": supplier.name,
            "status": supplier.status.value,
            "created_at": supplier.created_at,
            "created_by": supplier.created_by,
            "phone": supplier.phone,
            "email": supplier.email,
            "address": supplier.address,
            "gstin": supplier.gstin,
            "payment_terms": supplier.payment_terms,
        }
    )


def supplier_from(document: Document) -> Supplier:
    """Read a supplier."""
    return Supplier(
        id=document["_id"],
        user_id=document["user_id"],
        name=document["name"],
        status=SupplierStatus(document["status"]),
        created_at=document["created_at"],
        created_by=document["created_by"],
        phone=document.get("phone"),
        email=document.get("email"),
        address=document.get("address"),
        gstin=document.get("gstin"),
        payment_terms=document.get("payment_terms"),
    )


def purchase_order_document(order: PurchaseOrder) -> Document:
    """Store a purchase order."""
    return without_absent(
        {
            "_id": order.id,
            "supplier_id": order.supplier_id,
            "lines": [_line_document(line) for line in order.lines],
            "total_paise": order.total_paise,
            "status": order.status.value,
            "for_date": None if order.for_date is None else order.for_date.isoformat(),
            "created_at": order.created_at,
            "origin": order.origin.value,
            "receipts": [_receipt_document(receipt) for receipt in order.receipts] or None,
            "sent_at": order.sent_at,
            "answered_at": order.answered_at,
            "ended_at": order.ended_at,
            "reason": order.reason,
            "old_id": order.old_id,
            "source": source_document(order.source),
        }
    )


def purchase_order_from(document: Document) -> PurchaseOrder:
    """Read a purchase order."""
    for_date = document.get("for_date")
    return PurchaseOrder(
        id=document["_id"],
        supplier_id=document.get("supplier_id"),
        lines=tuple(_line_from(line) for line in document["lines"]),
        total_paise=document["total_paise"],
        status=PurchaseOrderStatus(document["status"]),
        for_date=None if for_date is None else date.fromisoformat(for_date),
        created_at=document["created_at"],
        origin=PurchaseOrderOrigin(document["origin"]),
        receipts=tuple(_receipt_from(receipt) for receipt in document.get("receipts", ())),
        sent_at=document.get("sent_at"),
        answered_at=document.get("answered_at"),
        ended_at=document.get("ended_at"),
        reason=document.get("reason"),
        old_id=document.get("old_id"),
        source=source_from(document.get("source")),
    )


def due_document(due: Due) -> Document:
    """Store an entry of what is owed."""
    return without_absent(
        {
            "_id": due.key,
            "supplier_id": due.supplier_id,
            "kind": due.kind.value,
            "paise": due.paise,
            "at": due.at,
            "purchase_order_id": due.purchase_order_id,
            "reference": due.reference,
            "reason": due.reason,
            "reverses": due.reverses,
        }
    )


def due_from(document: Document) -> Due:
    """Read an entry of what is owed."""
    return Due(
        key=document["_id"],
        supplier_id=document["supplier_id"],
        kind=DueKind(document["kind"]),
        paise=document["paise"],
        at=document["at"],
        purchase_order_id=document.get("purchase_order_id"),
        reference=document.get("reference"),
        reason=document.get("reason"),
        reverses=document.get("reverses"),
    )


def totals_from(document: Document) -> SupplierTotals:
    """Read what the entries of a supplier add up to."""
    return SupplierTotals(document["_id"], document["balance_paise"], document["entries"])


def proposal_document(proposal: PriceProposal) -> Document:
    """Store a proposed price."""
    return without_absent(
        {
            "_id": proposal.id,
            "supplier_id": proposal.supplier_id,
            "product_id": proposal.product_id,
            "paise": proposal.paise,
            "valid_from": None if proposal.valid_from is None else proposal.valid_from.isoformat(),
            "status": proposal.status.value,
            "proposed_at": proposal.proposed_at,
            "settled_at": proposal.settled_at,
            "reason": proposal.reason,
        }
    )


def proposal_from(document: Document) -> PriceProposal:
    """Read a proposed price."""
    valid_from = document.get("valid_from")
    return PriceProposal(
        id=document["_id"],
        supplier_id=document["supplier_id"],
        product_id=document["product_id"],
        paise=document["paise"],
        valid_from=None if valid_from is None else date.fromisoformat(valid_from),
        status=ProposalStatus(document["status"]),
        proposed_at=document["proposed_at"],
        settled_at=document.get("settled_at"),
        reason=document.get("reason"),
    )


def _line_document(line: PurchaseLine) -> Document:
    return without_absent(
        {
            "product_id": line.product_id,
            "name": line.name,
            "unit": line.unit,
            "quantity": line.quantity,
            "unit_price_paise": line.unit_price_paise,
            "received": line.received or None,
        }
    )


def _line_from(line: Document) -> PurchaseLine:
    return PurchaseLine(
        line.get("product_id"),
        line["name"],
        line["unit"],
        line["quantity"],
        line["unit_price_paise"],
        line.get("received", 0),
    )


def _receipt_document(receipt: Receipt) -> Document:
    came = [{"line": one.line, "quantity": one.quantity} for one in receipt.lines]
    return without_absent(
        {
            "id": receipt.id,
            "at": receipt.at,
            "lines": came,
            "paise": receipt.paise,
            "is_rest": receipt.is_rest or None,
            "taken_back_at": receipt.taken_back_at,
            "reason": receipt.reason,
        }
    )


def _receipt_from(document: Document) -> Receipt:
    came = tuple(Came(one["line"], one["quantity"]) for one in document["lines"])
    return Receipt(
        document["id"],
        document["at"],
        came,
        document["paise"],
        is_rest=document.get("is_rest", False),
        taken_back_at=document.get("taken_back_at"),
        reason=document.get("reason"),
    )
