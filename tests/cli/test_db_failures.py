"""Whatever keeps the database away is one clear sentence with what to do, and an exit code that is not zero."""

import os
from pathlib import Path

import pytest

from tests.commands import RoundsmanCommand
from tests.servers import fake_mongod, foreign_server, free_port


@pytest.fixture
def own(tmp_path: Path) -> RoundsmanCommand:
    """The command in an empty directory, with nothing set."""
    directory = tmp_path / "work"
    directory.mkdir()
    return RoundsmanCommand(directory)


def _with_mongod(own: RoundsmanCommand, tmp_path: Path, script: str) -> RoundsmanCommand:
    program = fake_mongod(tmp_path / "bin", script)
    return own.with_settings(PATH=f"{program}{os.pathsep}{os.environ['PATH']}")


def _sentence(command: RoundsmanCommand, *, exit_code: int = 3) -> str:
    answer = command("db", "check")
    assert answer.returncode == exit_code
    assert answer.stdout == ""
    lines = answer.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("roundsman: ")
    return lines[0]


def test_an_unknown_setting_is_refused(own: RoundsmanCommand) -> None:
    command = own.with_settings(ROUNDSMAN_DATADIR="/tmp/x")  # noqa: S108  nothing is written there
    assert "did you mean ROUNDSMAN_DATA_DIR?" in _sentence(command, exit_code=2)


def test_an_unreachable_server_is_named(own: RoundsmanCommand) -> None:
    port = free_port()
    command = own.with_settings(ROUNDSMAN_MONGODB_URI=f"mongodb://user:secret@127.0.0.1:{port}/")
    sentence = _sentence(command)
    assert f"No MongoDB answers at 127.0.0.1:{port}: start it" in sentence
    assert "secret" not in sentence


def test_a_standalone_server_can_become_a_replica_set(own: RoundsmanCommand, tmp_path: Path) -> None:
    with foreign_server(tmp_path) as uri:
        sentence = _sentence(own.with_settings(ROUNDSMAN_MONGODB_URI=uri))
    assert "is a standalone server" in sentence
    assert 'running "rs.initiate()" in mongosh once' in sentence


def test_without_any_server_it_says_what_to_install(own: RoundsmanCommand, tmp_path: Path) -> None:
    # A package of the same name without a server in it hides the wheel.
    hiding = tmp_path / "hiding" / "fiftyone"
    hiding.mkdir(parents=True)
    (hiding / "__init__.py").touch()
    command = own.with_settings(PATH=str(tmp_path), PYTHONPATH=str(hiding.parent))
    sentence = _sentence(command)
    assert "There is no MongoDB: set ROUNDSMAN_MONGODB_URI" in sentence
    assert "pip install 'roundsman[embedded]'" in sentence


def test_a_missing_system_library_is_named(own: RoundsmanCommand, tmp_path: Path) -> None:
    message = "mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object file: No such file"
    sentence = _sentence(_with_mongod(own, tmp_path, f"echo '{message} or directory' >&2; exit 127"))
    assert "needs the system library libcurl.so.4" in sentence
    assert "apt-get install libcurl4" in sentence


def test_a_full_disk_is_told(own: RoundsmanCommand, tmp_path: Path) -> None:
    message = '{"msg":"WiredTiger error","attr":{"error":28,"message":"fallocate: No space left on device"}}'
    script = f"""while [ "$1" != --logpath ]; do shift; done; echo '{message}' > "$2"; exit 14"""
    sentence = _sentence(_with_mongod(own, tmp_path, script))
    assert "is full: make room" in sentence
    assert "ROUNDSMAN_DATA_DIR" in sentence


def test_a_processor_that_is_too_old_is_told(own: RoundsmanCommand, tmp_path: Path) -> None:
    assert "need AVX" in _sentence(_with_mongod(own, tmp_path, "kill -ILL $$"))


def test_a_server_that_ends_for_another_reason_points_to_its_log(own: RoundsmanCommand, tmp_path: Path) -> None:
    sentence = _sentence(_with_mongod(own, tmp_path, "exit 99"))
    assert "ended with exit code 99" in sentence
    assert "mongod.log may say why" in sentence


def test_a_file_that_is_no_program_cannot_be_run(own: RoundsmanCommand, tmp_path: Path) -> None:
    command = _with_mongod(own, tmp_path, "")
    (tmp_path / "bin" / "mongod").write_bytes(b"\x7fELF no program")
    assert "cannot be run (Exec format error)" in _sentence(command)


def test_a_data_directory_that_cannot_be_used_is_named(own: RoundsmanCommand) -> None:
    (own.directory / "file").touch()
    sentence = _sentence(own.with_settings(ROUNDSMAN_DATA_DIR=str(own.directory / "file" / "data")))
    assert "cannot be used (Not a directory)" in sentence
    assert "ROUNDSMAN_DATA_DIR" in sentence
