from roundsman.auth.keys import load_signing_key
from roundsman.settings import Settings
from tests.commands import RoundsmanCommand


def test_keys_are_rotated_by_command_and_in_an_emergency_at_once(
    roundsman: RoundsmanCommand, settings: Settings
) -> None:
    keys = settings.data_dir / "keys"

    ordered = roundsman("keys", "rotate")

    assert ordered.returncode == 0
    assert load_signing_key(keys).thumbprint() in ordered.stdout
    assert "counts until" in ordered.stdout
    assert len(list(keys.glob("signing.key.until-*"))) == 1

    urgent = roundsman("keys", "rotate", "--emergency")

    assert load_signing_key(keys).thumbprint() in urgent.stdout
    assert "counts any more" in urgent.stdout
    assert not list(keys.glob("signing.key.until-*"))
