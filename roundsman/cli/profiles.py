"""The source profile that a command is told to use."""

from pathlib import Path

from roundsman.migration.profile import SourceProfile, builtin_profile, profile_from_file


def read_profile(name: str) -> SourceProfile:
    """A built-in profile by its name, or one in a file. Raises ProfileInvalid."""
    return profile_from_file(Path(name)) if name.endswith(".toml") else builtin_profile(name)
