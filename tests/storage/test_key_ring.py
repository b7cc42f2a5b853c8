"""Signing keys in their folder: rotated while processes use them, and refused where somebody thought of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from bson import ObjectId

from roundsman.auth.key_ring import UnreadableSigningKeys, keys_from, keys_in, replace_keys, rotate_keys
from roundsman.auth.keys import WeakSecret, load_secret_key, load_signing_key
from roundsman.auth.tokens import AccessClaims, InvalidToken, TokenAuthority
from roundsman.database.key_file import KeyFileDamaged
from roundsman.ids import SessionId, UserId
from tests.builders import NOW

CLAIMS = AccessClaims(UserId(ObjectId()), SessionId(ObjectId()), 0)
TEN_MINUTES = timedelta(minutes=10)


def authority(folder: Path) -> TokenAuthority:
    return TokenAuthority(keys_in(folder), issuer="roundsman", audience="roundsman")


def test_what_the_last_key_signed_counts_for_its_life_and_no_longer(tmp_path: Path) -> None:
    running = authority(tmp_path)
    token = running.issue(CLAIMS, now=NOW, lifetime=timedelta(hours=9))

    rotated = rotate_keys(tmp_path, token_life=TEN_MINUTES, now=NOW)

    assert running.read(token, now=NOW + TEN_MINUTES) == CLAIMS
    assert authority(tmp_path).read(token, now=NOW + TEN_MINUTES) == CLAIMS
    assert rotated.older_count_until is not None
    with pytest.raises(InvalidToken):
        running.read(token, now=rotated.older_count_until)
    published = [key["kid"] for key in running.public_keys(now=NOW)["keys"]]
    assert published[0] == rotated.key_id
    assert len(published) == 2
    assert len(running.public_keys(now=rotated.older_count_until)["keys"]) == 1


def test_in_an_emergency_nothing_counts_that_was_signed_before(tmp_path: Path) -> None:
    running = authority(tmp_path)
    tokens = [running.issue(CLAIMS, now=NOW, lifetime=TEN_MINUTES)]
    rotate_keys(tmp_path, token_life=TEN_MINUTES, now=NOW)
    tokens.append(running.issue(CLAIMS, now=NOW, lifetime=TEN_MINUTES))

    replace_keys(tmp_path)

    for token in tokens:
        with pytest.raises(InvalidToken):
            running.read(token, now=NOW)
    assert running.read(running.issue(CLAIMS, now=NOW, lifetime=TEN_MINUTES), now=NOW) == CLAIMS


def test_rotations_at_the_same_time_lose_no_key(tmp_path: Path) -> None:
    running = authority(tmp_path)

    def rotate_and_sign() -> str:
        rotate_keys(tmp_path, token_life=TEN_MINUTES, now=NOW)
        return authority(tmp_path).issue(CLAIMS, now=NOW, lifetime=TEN_MINUTES)

    with ThreadPoolExecutor(8) as threads:
        tokens = [future.result() for future in [threads.submit(rotate_and_sign) for _ in range(40)]]

    assert {running.read(token, now=NOW) for token in tokens} == {CLAIMS}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_old_keys_go_with_a_later_rotation(tmp_path: Path) -> None:
    rotate_keys(tmp_path, token_life=TEN_MINUTES, now=NOW)
    rotate_keys(tmp_path, token_life=TEN_MINUTES, now=NOW + timedelta(days=1))
    assert len(list(tmp_path.glob("signing.key.until-*"))) == 1


@pytest.mark.parametrize(
    "secret", [bytes(40), b"x" * 40, b"change me, please: this is no secret key", bytes([1, 2, 3, 4]) * 10]
)
def test_a_secret_that_somebody_thought_of_is_refused(tmp_path: Path, secret: bytes) -> None:
    (tmp_path / "signing.key").write_bytes(secret)
    (tmp_path / "secret.key").write_bytes(secret[:32])
    for load in (load_signing_key, load_secret_key):
        with pytest.raises(WeakSecret, match="not random"):
            load(tmp_path)
    with pytest.raises(WeakSecret):
        keys_from(secret.hex())


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "signing.key").write_bytes(bytes(range(20)))
    with pytest.raises(KeyFileDamaged):
        load_signing_key(tmp_path)
    with pytest.raises(WeakSecret, match="20 bytes instead of 40"):
        keys_from(bytes(range(20)).hex())
    with pytest.raises(UnreadableSigningKeys):
        keys_from("secret")


def test_keys_of_a_setting_sign_with_the_first_and_count_all() -> None:
    first, second = bytes(range(40)).hex(), bytes(range(100, 140)).hex()
    old = TokenAuthority(lambda: keys_from(second), issuer="roundsman", audience="roundsman")
    both = TokenAuthority(lambda: keys_from(f"{first}, {second}"), issuer="roundsman", audience="roundsman")
    assert both.read(old.issue(CLAIMS, now=NOW, lifetime=TEN_MINUTES), now=NOW) == CLAIMS
    with pytest.raises(InvalidToken):
        old.read(both.issue(CLAIMS, now=NOW, lifetime=TEN_MINUTES), now=NOW)
