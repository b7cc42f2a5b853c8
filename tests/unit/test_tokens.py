import base64
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey

from roundsman.auth.tokens import AccessClaims, InvalidToken, RetiredKey, SigningKeys, TokenAuthority
from roundsman.ids import SessionId, UserId

NOW = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
KEY = ECKey.generate_key("P-256")
OTHER_KEY = ECKey.generate_key("P-256")
AUTHORITY = TokenAuthority(lambda: SigningKeys(KEY), issuer="roundsman", audience="roundsman-api")
CLAIMS = AccessClaims(user_id=UserId(ObjectId()), session_id=SessionId(ObjectId()), session_version=3)
TOKEN = AUTHORITY.issue(CLAIMS, now=NOW, lifetime=timedelta(minutes=10))


def part(text: str | bytes) -> str:
    raw = text.encode() if isinstance(text, str) else text
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def content(token: str, index: int) -> dict[str, Any]:
    text = token.split(".")[index]
    value: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return value


def signed(*, header: dict[str, Any] | None = None, claims: dict[str, object] | None = None) -> str:
    """A token signed with the right key, with other claims; None takes a claim away."""
    body = {name: value for name, value in (content(TOKEN, 1) | (claims or {})).items() if value is not None}
    return jwt.encode(content(TOKEN, 0) | (header or {}), body, KEY, algorithms=["ES256"])


def refused(token: str, *, now: datetime = NOW) -> bool:
    try:
        AUTHORITY.read(token, now=now)
    except InvalidToken:
        return True
    return False


def test_an_issued_token_says_what_was_put_in() -> None:
    assert AUTHORITY.read(TOKEN, now=NOW) == CLAIMS
    assert AUTHORITY.read(signed(), now=NOW) == CLAIMS


def test_header_and_claims_are_those_of_the_specification() -> None:
    assert content(TOKEN, 0) == {"alg": "ES256", "kid": KEY.thumbprint(), "typ": "at+jwt"}
    assert set(content(TOKEN, 1)) == {"iss", "aud", "sub", "sid", "sv", "iat", "nbf", "exp", "jti"}


def test_a_token_lives_exactly_its_lifetime() -> None:
    assert not refused(TOKEN, now=NOW + timedelta(minutes=10, milliseconds=-1))
    assert refused(TOKEN, now=NOW + timedelta(minutes=10))


def test_a_token_from_the_future_is_refused_beyond_the_skew_of_clocks() -> None:
    assert not refused(TOKEN, now=NOW - timedelta(seconds=10))
    assert refused(TOKEN, now=NOW - timedelta(seconds=11))


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": None},
        {"exp": "4102444800"},
        {"exp": 4102444800.5},
        {"exp": True},
        {"exp": 10**30},
        {"exp": -(10**30)},
        {"nbf": None},
        {"nbf": 10**30},
        {"iss": "somebody"},
        {"iss": ["roundsman"]},
        {"aud": "another-api"},
        {"aud": ["roundsman-api"]},
        {"aud": None},
        {"sub": None},
        {"sub": "admin"},
        {"sub": {"$ne": None}},
        {"sid": ""},
        {"sv": "3"},
        {"jti": None},
    ],
)
def test_wrong_claims_are_refused_even_with_a_good_signature(claims: dict[str, object]) -> None:
    assert refused(signed(claims=claims))


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": KEY.as_dict(private=False)},
        {"jku": "https://keys.example/jwks.json"},
        {"x5u": "https://keys.example/cert"},
        {"typ": "JWT"},
        {"kid": "another"},
    ],
)
def test_other_headers_are_refused_even_with_a_good_signature(header: dict[str, Any]) -> None:
    assert refused(signed(header=header))


def test_another_key_is_refused() -> None:
    forged = jwt.encode(content(TOKEN, 0), content(TOKEN, 1), OTHER_KEY, algorithms=["ES256"])
    assert refused(forged)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
def test_unsigned_tokens_are_refused(algorithm: str) -> None:
    header = part(json.dumps(content(TOKEN, 0) | {"alg": algorithm}))
    body = TOKEN.split(".")[1]
    assert refused(f"{header}.{body}.")
    assert refused(f"{header}.{body}.AA")


def test_hmac_with_the_public_key_as_secret_is_refused() -> None:
    header = part(json.dumps(content(TOKEN, 0) | {"alg": "HS256"}))
    text = f"{header}.{TOKEN.split('.')[1]}"
    assert refused(f"{text}.{part(hmac.digest(KEY.as_pem(private=False), text.encode(), 'sha256'))}")


@pytest.mark.parametrize("index", [0, 1])
def test_duplicate_keys_are_refused(index: int) -> None:
    parts = TOKEN.split(".")
    text = json.dumps(content(TOKEN, index))
    key, value = next(iter(content(TOKEN, index).items()))
    parts[index] = part("{" + json.dumps(key) + ":" + json.dumps(value) + "," + text[1:])
    assert refused(".".join(parts))


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("text", ["[]", "null", "1", '"text"', "{", "[" * 1_400, '{"exp": NaN}', b"\xff\xfe"])
def test_what_is_no_object_is_refused(index: int, text: str | bytes) -> None:
    parts = TOKEN.split(".")
    parts[index] = part(text)
    assert refused(".".join(parts))


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b", "a.b.c", TOKEN + ".", TOKEN + "\n", " " + TOKEN, "x" * 5_000, TOKEN + "A" * 3_000, "٣.٣.٣"],
)
def test_malformed_text_is_refused(token: str) -> None:
    assert refused(token)


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("ABCxyz019-_.=+/ "))
@settings(deadline=None)
def test_a_changed_letter_never_changes_what_a_token_says(place: int, letter: str) -> None:
    changed = TOKEN[:place] + letter + TOKEN[place + 1 :]
    # The last letter of a part carries bits that encode nothing, so some changed texts still are the same token.
    assert refused(changed) or AUTHORITY.read(changed, now=NOW) == CLAIMS


@given(st.text(max_size=300))
@settings(deadline=None)
def test_no_text_crashes_the_reader(text: str) -> None:
    assert refused(text)


def test_tokens_of_an_older_key_count_while_it_is_kept() -> None:
    keys = SigningKeys(OTHER_KEY, (RetiredKey(KEY, until=NOW + timedelta(minutes=5)),))
    rotated = replace(AUTHORITY, keys=lambda: keys)
    assert rotated.read(TOKEN, now=NOW) == CLAIMS
    with pytest.raises(InvalidToken):
        rotated.read(TOKEN, now=NOW + timedelta(minutes=5))


def test_a_token_that_was_verified_before_is_refused_once_its_key_or_its_time_is_over() -> None:
    keys = [SigningKeys(KEY)]
    authority = TokenAuthority(lambda: keys[0], issuer="roundsman", audience="roundsman-api")
    until = NOW + timedelta(minutes=5)
    reads = [
        (SigningKeys(KEY), NOW, True),
        (SigningKeys(KEY), NOW + timedelta(minutes=9), True),
        (SigningKeys(KEY), NOW + timedelta(minutes=10), False),
        (SigningKeys(KEY), NOW - timedelta(minutes=1), False),
        (SigningKeys(OTHER_KEY), NOW, False),
        (SigningKeys(OTHER_KEY, (RetiredKey(KEY, until),)), NOW, True),
        (SigningKeys(OTHER_KEY, (RetiredKey(KEY, until),)), until, False),
        (SigningKeys(ECKey.import_key(KEY.as_dict(private=True))), NOW, True),
    ]

    for keys[0], now, is_good in reads:
        try:
            assert authority.read(TOKEN, now=now) == CLAIMS
        except InvalidToken:
            assert not is_good
        else:
            assert is_good


def test_the_reader_remembers_a_bounded_number_of_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roundsman.auth.tokens._MOST_REMEMBERED", 2)
    authority = replace(AUTHORITY)
    tokens = [signed(claims={"sv": version}) for version in range(4)]

    assert [authority.read(token, now=NOW).session_version for token in [*tokens, *tokens]] == [0, 1, 2, 3] * 2
    assert len(authority._remembered._verified) == 2


def test_public_keys_hold_nothing_private() -> None:
    (key,) = AUTHORITY.public_keys(now=NOW)["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert key["kid"] == KEY.thumbprint()
