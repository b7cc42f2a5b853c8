"""Keys are made once, for their owner only, and a damaged one is never silently replaced."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from roundsman.database.data_directory import DataDirectoryUnusable, private_directory
from roundsman.database.key_file import KeyFileDamaged, load_or_create_key, load_or_create_secret
from roundsman.runtime import Runtime, open_runtime


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    key = load_or_create_key(path, size=64)
    assert len(key) == 64
    assert load_or_create_key(path, size=64) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["a.key"]


def test_a_key_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    key = load_or_create_key(path, size=32)
    path.chmod(0o644)
    assert load_or_create_key(path, size=32) == key
    assert path.stat().st_mode & 0o777 == 0o600


def test_those_who_come_at_the_same_time_get_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: load_or_create_key(tmp_path / "a.key", size=64), range(32)))
    assert len(set(keys)) == 1


def test_a_key_of_the_wrong_size_is_an_error_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    path.write_bytes(b"short")
    with pytest.raises(KeyFileDamaged, match="holds 5 bytes instead of 64"):
        load_or_create_key(path, size=64)
    assert path.read_bytes() == b"short"


def test_a_secret_is_a_text_that_stays(tmp_path: Path) -> None:
    secret = load_or_create_secret(tmp_path / "password")
    assert len(secret) == 96
    assert load_or_create_secret(tmp_path / "password") == secret


def test_a_data_directory_below_a_file_is_unusable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataDirectoryUnusable, match=r"Not a directory.*ROUNDSMAN_DATA_DIR"):
        private_directory(tmp_path / "file" / "data", "keys")


def test_the_folder_itself_is_closed_to_others_and_an_existing_parent_is_left_alone(tmp_path: Path) -> None:
    parent = tmp_path / "shared"
    parent.mkdir()
    parent.chmod(0o755)
    (parent / "keys").mkdir(mode=0o755)
    assert private_directory(parent, "keys").stat().st_mode & 0o777 == 0o700
    assert parent.stat().st_mode & 0o777 == 0o755


async def test_a_runtime_finds_its_sealing_key_again(runtime: Runtime) -> None:
    async with open_runtime(runtime.settings) as again:
        assert again.sealing_key == runtime.sealing_key
    key = runtime.settings.data_dir / "keys" / "source-documents.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o777 == 0o700
