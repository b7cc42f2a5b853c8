"""Refresh tokens as values."""

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from roundsman.auth.refresh import InvalidRefreshToken, RefreshTokens
from roundsman.ids import SessionId

TOKENS = RefreshTokens(bytes(range(32)))
SESSION = SessionId(ObjectId())
TOKEN = TOKENS.first(SESSION)


def test_a_token_names_its_session_and_is_never_the_same() -> None:
    assert TOKENS.read(TOKEN) == SESSION
    assert len({TOKENS.first(SESSION) for _ in range(100)}) == 100


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_the_same_salt_gives_the_same_successor_and_another_one_another(salt: bytes, other: bytes) -> None:
    successor = TOKENS.successor(TOKEN, salt=salt)
    assert TOKENS.read(successor) == SESSION
    assert TOKENS.successor(TOKEN, salt=salt) == successor != TOKEN
    assert (TOKENS.successor(TOKEN, salt=other) == successor) == (salt == other)


def test_another_key_neither_reads_a_token_nor_finds_its_successor() -> None:
    stranger = RefreshTokens(bytes(range(1, 33)))
    with pytest.raises(InvalidRefreshToken):
        stranger.read(TOKEN)
    rotation = TOKENS.use(TOKEN)
    assert TOKENS.digest(TOKENS.successor(TOKEN, salt=rotation.salt)) == rotation.next_digest
    assert TOKENS.digest(stranger.successor(TOKEN, salt=rotation.salt)) != rotation.next_digest


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("ABCxyz019-_.=+/ \x00é"))
def test_a_changed_letter_makes_no_token(place: int, letter: str) -> None:
    changed = TOKEN[:place] + letter + TOKEN[place + 1 :]
    if changed != TOKEN:
        with pytest.raises(InvalidRefreshToken):
            TOKENS.read(changed)


@given(st.text(max_size=200))
def test_no_text_crashes_the_reader(text: str) -> None:
    with pytest.raises(InvalidRefreshToken):
        TOKENS.read(text)
