"""The rate cards there are; a new one is added, none is ever changed."""

from collections.abc import Mapping
from typing import Any

from roundsman.database.collections import DELIVERY_BOYS, RATE_CARDS
from roundsman.database.documents import find_value, iterate
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.delivery_boys import DeliveryBoyStatus
from roundsman.delivery.ledger_store import card_document, card_from
from roundsman.delivery.rates import RateCard
from roundsman.ids import DeliveryBoyId


async def insert_card(tx: Tx, card: RateCard) -> Document:
    """Insert a rate card; gives it as it is stored."""
    document = card_document(card)
    await tx.database[RATE_CARDS].insert_one(document, session=tx.session)
    return document


async def find_card(tx: Tx, card_id: str) -> RateCard | None:
    """Find a rate card."""
    return await find_value(tx, RATE_CARDS, card_from, {"_id": card_id})


async def cards_for(tx: Tx, boy: DeliveryBoyId | None) -> list[RateCard]:
    """The cards that count for a delivery boy: his own and those for everybody, the earliest first."""
    criteria: Mapping[str, Any] = {"delivery_boy_id": {"$in": [boy, None]}}
    return sorted(
        [card async for card in iterate(tx, RATE_CARDS, card_from, criteria)], key=lambda card: card.valid_from
    )


async def all_cards(tx: Tx) -> list[RateCard]:
    """All cards, the earliest first."""
    return sorted([card async for card in iterate(tx, RATE_CARDS, card_from)], key=lambda card: card.valid_from)


async def count_unrated(tx: Tx) -> int:
    """Count the delivery boys who may be given deliveries, for whom there is no card: these would bring them nothing."""
    cards = tx.database[RATE_CARDS]
    if await cards.find_one({"delivery_boy_id": None}, {"_id": 1}, session=tx.session) is not None:
        return 0
    rated = await cards.distinct("delivery_boy_id", session=tx.session)
    unrated = {"_id": {"$nin": rated}, "status": DeliveryBoyStatus.ACTIVE.value}
    return await tx.database[DELIVERY_BOYS].count_documents(unrated, session=tx.session)
