import asyncio
from dataclasses import replace

import pytest
from bson import ObjectId

from roundsman.auth.credential_storage import set_password
from roundsman.auth.hashing import PasswordHashing
from roundsman.auth.passwords import hash_password
from roundsman.auth.throttle import SignInThrottle
from roundsman.database.collections import IDENTIFIERS, SYSTEM, USERS
from roundsman.database.together import Question, ask_together, by_id
from roundsman.database.transaction import Tx
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.mode import Mode, OperationsMode, PeopleMode, set_mode
from roundsman.identity.users import Identifier, UserStatus
from roundsman.operations.signing_in import claimants, sign_in
from roundsman.operations.signing_in.claimants import find_claimant
from roundsman.operations.signing_in.sign_in import Attempt, InvalidCredentials, PasswordSignIn
from roundsman.operations.signing_in.slowing_down import Slowing
from tests.builders import NOW, a_user
from tests.codes import BY
from tests.http.people import PASSWORD, PHONE, settle

SLOWING = Slowing(SignInThrottle())


async def test_each_question_has_its_own_answers_and_one_without_any_has_none(tx: Tx) -> None:
    users = [a_user(), a_user()]
    await insert_users(tx, users)
    everybody = Question(USERS, ({"$project": {"name": 1}}, {"$sort": {"_id": 1}}))
    nobody = by_id(IDENTIFIERS, ObjectId())
    found, none, one, again = await ask_together(tx, everybody, nobody, by_id(USERS, users[1].id), everybody)
    assert found == again == [{"_id": user.id, "name": user.name} for user in sorted(users, key=lambda one: one.id)]
    assert none == []
    assert one == [await tx.database[USERS].find_one({"_id": users[1].id})]
    assert await ask_together(tx, by_id(SYSTEM, "nothing")) == [[]]


async def test_a_claimant_comes_with_his_own_password_however_he_is_found(tx: Tx) -> None:
    survivor = await settle(tx)
    merged = replace(a_user(status=UserStatus.MERGED), merged_into=survivor.id)
    await insert_users(tx, [merged])
    await insert_identifiers(tx, [Identifier("alias:old-7", (merged.id,))])
    await set_password(tx, merged.id, hash_password("of the merged one"), now=NOW)
    await set_mode(tx, Mode(PeopleMode.SHADOW, OperationsMode.SOURCE))
    for identifier in (PHONE, "old-7", str(survivor.id), str(merged.id)):
        found = await find_claimant(tx, identifier, SLOWING, now=NOW)
        assert found.user == survivor
        assert found.credential is not None
        assert found.credential.user_id == survivor.id
        assert (found.mode.people, found.failures_in_all) == (PeopleMode.SHADOW, 0)
    for identifier in ("nobody@example.in", "\x00", ""):
        nobody = await find_claimant(tx, identifier, SLOWING, now=NOW)
        assert (nobody.user, nobody.credential, nobody.mode.people) == (None, None, PeopleMode.SHADOW)


async def test_who_waited_is_compared_with_the_password_of_now(tx: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    user = await settle(tx)
    read = find_claimant

    async def read_long_ago(*arguments: object, **more: object) -> claimants.Claimant:
        found = replace(await read(*arguments, **more), read_at=asyncio.get_running_loop().time() - 2)  # type: ignore[arg-type]  # those of the function
        await set_password(tx, user.id, hash_password("another one since"), now=NOW)
        return found

    monkeypatch.setattr(sign_in, "find_claimant", read_long_ago)
    hashing = PasswordHashing()
    with pytest.raises(InvalidCredentials):
        await sign_in.sign_in(tx, Attempt(PHONE, PASSWORD), by=PasswordSignIn(hashing, BY.sessions), now=NOW)
    hashing.close()
