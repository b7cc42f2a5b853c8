"""The files of the audit log in the data directory: the key of its chain, and its checkpoints."""

from pathlib import Path
from typing import Final

from roundsman.audit_log.chain import ChainKey
from roundsman.audit_log.marks import CheckpointFile
from roundsman.database.data_directory import data_directory_errors, private_directory
from roundsman.database.key_file import load_or_create_key

_KEY_BYTES: Final = 32
_KEY: Final = "audit-log.key"


def load_or_create_chain_key(data_dir: Path) -> ChainKey:
    """Read the key of the chain, or make one in a file that only its owner can read."""
    folder = private_directory(data_dir, "keys")
    with data_directory_errors(data_dir):
        return ChainKey(load_or_create_key(folder / _KEY, size=_KEY_BYTES))


def find_chain_key(data_dir: Path) -> ChainKey | None:
    """Read the key of the chain; None where nothing was ever sealed with this data directory."""
    return load_or_create_chain_key(data_dir) if (data_dir / "keys" / _KEY).exists() else None


def chain_key_or_none(data_dir: Path) -> ChainKey:
    """Read the key of the chain; where none was ever made, one with which nothing was sealed: seals there are a stranger's."""
    return find_chain_key(data_dir) or ChainKey(b"")


def checkpoint_file(data_dir: Path, database_name: str) -> CheckpointFile:
    """Give the file of a database's checkpoints, whether or not there are any; the demo has a database of its own."""
    return CheckpointFile(private_directory(data_dir, "audit-log") / f"{database_name}.jsonl")
