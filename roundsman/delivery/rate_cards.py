"""The rate cards there are; a new one is added, none is ever changed."""

from datetime import datetime

from pymongo import ASCENDING, DESCENDING

from roundsman.database.collections import DELIVERY_BOYS, RATE_CARDS
from roundsman.database.documents import find_value, insert, iterate, list_values
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.delivery_boys import DeliveryBoyStatus
from roundsman.delivery.ledger_store import card_document, card_from
from roundsman.delivery.rates import RateCard, card_at
from roundsman.ids import DeliveryBoyId


async def insert_card(tx: Tx, card: RateCard) -> Document:
    """Insert a rate card; gives it as it is stored."""
    return await insert(tx, RATE_CARDS, card_document(card))


async def find_card(tx: Tx, card_id: str) -> RateCard | None:
    """Find a rate card."""
    return await find_value(tx, RATE_CARDS, card_from, {"_id": card_id})


async def find_card_at(tx: Tx, boy: DeliveryBoyId, at: datetime) -> RateCard | None:
    """Find the card that counts for a delivery boy at an instant, without reading those that do not; see `card_at`."""
    begun = [await _last_begun(tx, whose, at) for whose in (boy, None)]
    return card_at([card for card in begun if card is not None], boy, at)


async def cards_between(tx: Tx, boy: DeliveryBoyId, begin: datetime, end: datetime) -> list[RateCard]:
    """Read the cards that count for a delivery boy at some instant from `begin` on and before `end`."""
    during: Document = {"delivery_boy_id": {"$in": [boy, None]}, "valid_from": {"$gt": begin, "$lt": end}}
    before = [await _last_begun(tx, whose, begin) for whose in (boy, None)]
    return [card for card in before if card is not None] + [
        card async for card in iterate(tx, RATE_CARDS, card_from, during)
    ]


async def list_cards(tx: Tx, *, skip: int, limit: int) -> list[RateCard]:
    """List cards, the earliest first."""
    earliest = [("valid_from", ASCENDING), ("_id", ASCENDING)]
    return await list_values(tx, RATE_CARDS, card_from, {}, earliest, skip=skip, limit=limit)


async def _last_begun(tx: Tx, whose: DeliveryBoyId | None, at: datetime) -> RateCard | None:
    begun: Document = {"delivery_boy_id": whose, "valid_from": {"$lte": at}}
    last = [("valid_from", DESCENDING), ("made_at", DESCENDING), ("_id", DESCENDING)]
    document = await tx.database[RATE_CARDS].find_one(begun, sort=last, session=tx.session)
    return None if document is None else card_from(document)


async def count_unrated(tx: Tx) -> int:
    """Count the delivery boys who may be given deliveries, for whom there is no card: these would bring them nothing."""
    cards = tx.database[RATE_CARDS]
    if await cards.find_one({"delivery_boy_id": None}, {"_id": 1}, session=tx.session) is not None:
        return 0
    rated = await cards.distinct("delivery_boy_id", session=tx.session)
    unrated = {"_id": {"$nin": rated}, "status": DeliveryBoyStatus.ACTIVE.value}
    return await tx.database[DELIVERY_BOYS].count_documents(unrated, session=tx.session)
