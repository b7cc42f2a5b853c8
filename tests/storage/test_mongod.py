"""Which server program is started, and when none is."""

import os
from pathlib import Path

import pytest

from roundsman.database import mongod
from roundsman.database.mongod import ServerDoesNotStart, ServerFiles, find_mongod, require_room, why_it_ended
from tests.servers import fake_mongod


def test_a_mongod_on_the_path_comes_before_the_one_of_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = fake_mongod(tmp_path / "bin", "exit 0")
    monkeypatch.setenv("PATH", f"{program}{os.pathsep}{os.environ['PATH']}")
    assert find_mongod() == program / "mongod"


def test_a_disk_that_is_nearly_full_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongod, "_ROOM_OF_FIRST_START_BYTES", 1 << 80)
    with pytest.raises(ServerDoesNotStart, match="is full: make room"):
        require_room(ServerFiles(tmp_path))
    (tmp_path / "data").mkdir()
    require_room(ServerFiles(tmp_path))


def test_a_server_that_ended_is_explained_by_its_log(tmp_path: Path) -> None:
    files = ServerFiles(tmp_path)
    assert "has ended unasked" in why_it_ended(files).message
    files.log.write_text('{"msg":"WiredTiger error message","error_str":"No space left on device"}')
    assert "is full: make room" in why_it_ended(files).message
