"""Settings come from the environment and `.env`, and nothing in them is silently ignored."""

from pathlib import Path

import pytest

from roundsman.settings import InvalidSettings, Settings, load_settings


@pytest.fixture(autouse=True)
def working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_any_setting_the_defaults_hold() -> None:
    settings = load_settings()
    assert settings.data_dir == Path(".roundsman")
    assert settings.mongodb_uri is None
    assert settings.database_name == "roundsman"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.refuse_default_passwords


def test_the_environment_wins_over_the_file(working_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (working_directory / ".env").write_text("ROUNDSMAN_PORT=9000\nROUNDSMAN_HOST=0.0.0.0\nANOTHER_PROGRAM=1\n")
    monkeypatch.setenv("ROUNDSMAN_PORT", "9001")
    settings = load_settings()
    assert (settings.host, settings.port) == ("0.0.0.0", 9001)  # noqa: S104  nothing listens


def test_a_setting_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDSMAN_MONGODB_URI", "")
    assert load_settings().mongodb_uri is None


def test_a_misspelt_name_in_the_environment_is_refused_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDSMAN_MONGO_URI", "mongodb://localhost")
    with pytest.raises(InvalidSettings) as raised:
        load_settings()
    assert raised.value.message == (
        "ROUNDSMAN_MONGO_URI in the environment is no setting of Roundsman: did you mean ROUNDSMAN_MONGODB_URI?"
    )


def test_a_misspelt_name_in_the_file_is_refused(working_directory: Path) -> None:
    (working_directory / ".env").write_text("roundsman_zzz=1\n")
    with pytest.raises(InvalidSettings, match=r"ROUNDSMAN_ZZZ in the file \.env is no setting"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROUNDSMAN_PORT", "0"),
        ("ROUNDSMAN_PORT", "eighty"),
        ("ROUNDSMAN_DATABASE_NAME", "a.b"),
        ("ROUNDSMAN_DATABASE_CACHE_GB", "0.1"),
    ],
)
def test_a_value_out_of_range_names_its_setting(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettings, match=f"^{name}: "):
        load_settings()


def test_the_connection_string_is_not_shown() -> None:
    assert "secret" not in repr(Settings(mongodb_uri="mongodb://user:secret@host/"))


def test_every_setting_says_why_it_exists() -> None:
    assert all(field.description for field in Settings.model_fields.values())
