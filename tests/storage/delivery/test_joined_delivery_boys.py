"""Two users who are one person, with a ledger behind one of them: it stays his, and is told apart again with him."""

from datetime import timedelta
from functools import partial

from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.audit_log.entries import SYSTEM
from roundsman.database.transaction import Tx, in_transaction
from roundsman.delivery.entries import EntryKind, Wanted
from roundsman.delivery.linkage import find_delivery_boy_of_user, get_delivery_boy_of_user, insert_delivery_boys
from roundsman.delivery.posting import settle
from roundsman.delivery.rating import put_rating, ratings_by
from roundsman.delivery.ratings import Rating
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.users import Identifier
from roundsman.ids import UserId
from roundsman.operations.delivering.earnings import earnings_of
from roundsman.operations.delivering.earnings_proof import prove_earnings
from roundsman.operations.joining.journal import list_entries, take_entry_back
from roundsman.operations.joining.merging import merge_users
from tests.builders import NOW, a_delivery_boy, a_user


async def brought(tx: Tx, user: UserId, number: int) -> None:
    """A delivery of the delivery boy that a user is, for Rs 25."""
    boy = (await get_delivery_boy_of_user(tx, user)).id
    wanted = Wanted(boy, EntryKind.DELIVERY, 2_500, NOW + timedelta(hours=number), card="a-card")
    await in_transaction(
        tx, partial(settle, thing=f"delivery:{number}:base", wanted=wanted, by=SYSTEM.who, now=wanted.at)
    )


async def owed(tx: Tx, user: UserId) -> int:
    """What the delivery boy is owed whom a user is; the ledger must be sound."""
    assert (await prove_earnings(tx)).wrong == ()
    return (await earnings_of(tx, await get_delivery_boy_of_user(tx, user), now=NOW)).balance_paise


async def test_what_was_earned_goes_with_the_profile_and_comes_back_with_it(tx: Tx) -> None:
    stays, delivers = a_user("Ravi Kumar"), a_user("Ravi Kumar", roles=(Role.DELIVERY_BOY,))
    await insert_users(tx, [stays, delivers])
    await insert_identifiers(tx, [Identifier("phone:+919820012345", (stays.id,), NOW)])
    boy = a_delivery_boy(delivers.id)
    await insert_delivery_boys(tx, [boy])
    await brought(tx, delivers.id, 1)
    rating = Rating(str(ObjectId()), boy.id, stays.id, 5, NOW)
    await in_transaction(tx, partial(put_rating, rating=rating))

    merged = await merge_users(tx, [stays.id, delivers.id], cause="review:x", actor=SYSTEM, now=NOW)
    assert merged.survivor == stays.id
    assert await find_delivery_boy_of_user(tx, delivers.id) is None
    assert await owed(tx, stays.id) == 2_500
    await brought(tx, stays.id, 2)
    (entry,) = await list_entries(tx)
    await take_entry_back(tx, entry, now=NOW)

    assert await find_delivery_boy_of_user(tx, stays.id) is None
    assert await owed(tx, delivers.id) == 5_000
    assert [one.stars for one in await ratings_by(tx, stays.id)] == [5]
