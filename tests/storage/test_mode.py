"""What Roundsman is the authority for."""

import pytest

from roundsman.database.transaction import Tx
from roundsman.errors import Conflict
from roundsman.identity.mode import (
    Mode,
    OperationsMode,
    PeopleManagedElsewhere,
    PeopleMode,
    get_mode,
    require_people_managed_here,
    set_mode,
)


async def test_a_business_without_a_source_is_live(tx: Tx) -> None:
    assert await get_mode(tx) == Mode(PeopleMode.LIVE, OperationsMode.ROUNDSMAN)
    await require_people_managed_here(tx)


async def test_the_mode_is_kept_as_it_was_set_last(tx: Tx) -> None:
    await set_mode(tx, Mode(PeopleMode.SHADOW, OperationsMode.SOURCE))
    with pytest.raises(PeopleManagedElsewhere, match="existing application until cutover") as refusal:
        await require_people_managed_here(tx)
    assert isinstance(refusal.value, Conflict)

    await set_mode(tx, Mode(PeopleMode.LIVE, OperationsMode.SOURCE))
    assert await get_mode(tx) == Mode(PeopleMode.LIVE, OperationsMode.SOURCE)
