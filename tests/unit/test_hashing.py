import asyncio

import pytest

from roundsman.auth.hashing import HashingBusy, PasswordHashing


async def test_a_full_queue_refuses_at_once_and_frees_its_place_afterwards() -> None:
    hashing = PasswordHashing(workers=1, queue=0)
    try:
        running = asyncio.create_task(hashing.hash("milk at dawn"))
        await asyncio.sleep(0)
        with pytest.raises(HashingBusy):
            await hashing.hash("milk at dusk")
        assert await hashing.verify("milk at dawn", await running)
    finally:
        hashing.close()


async def test_as_many_as_have_a_place_are_all_verified() -> None:
    hashing = PasswordHashing(workers=2, queue=6)
    try:
        hashes = await asyncio.gather(*(hashing.hash(str(number)) for number in range(8)))
        verdicts = await asyncio.gather(*(hashing.verify("3", stored) for stored in hashes))
    finally:
        hashing.close()
    assert verdicts == [number == 3 for number in range(8)]
