from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from roundsman.access.roles import STAFF_ROLES, Role
from roundsman.auth.keys import load_signing_key, signing_key_from
from roundsman.auth.lifetimes import SessionPolicy


@given(st.binary(min_size=40, max_size=40))
@settings(deadline=None)
def test_every_seed_is_one_key_on_p256(seed: bytes) -> None:
    key = signing_key_from(seed)
    assert key.as_dict(private=False)["crv"] == "P-256"
    assert signing_key_from(seed).thumbprint() == key.thumbprint()


def test_the_key_is_made_once_and_found_again(tmp_path: Path) -> None:
    assert load_signing_key(tmp_path).thumbprint() == load_signing_key(tmp_path).thumbprint()
    assert (tmp_path / "signing.key").stat().st_mode & 0o777 == 0o600


@given(st.frozensets(st.sampled_from(Role)), st.sampled_from(Role))
@settings(deadline=None)
def test_another_role_never_makes_a_session_longer(roles: frozenset[Role], another: Role) -> None:
    policy = SessionPolicy()
    life, longer = policy.life(roles | {another}), policy.life(roles)
    assert not roles or (life.idle <= longer.idle and life.total <= longer.total and life.most <= longer.most)
    assert longer.total >= longer.idle > policy.token_lifetime(roles)
    assert policy.token_lifetime(roles).total_seconds() == (300 if roles & STAFF_ROLES else 600)
