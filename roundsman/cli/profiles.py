"""The source profile that a command is told to use: one that comes with the program, or a file."""

from pathlib import Path
from typing import Final

from roundsman.migration.profile import ProfileInvalid, SourceProfile, builtin_profile, parse_profile

_FILE_SUFFIX: Final = ".toml"


def chosen_profile(name_or_file: str) -> SourceProfile:
    """Read the profile; a name that ends in .toml is a file. Raises ProfileInvalid."""
    if not name_or_file.endswith(_FILE_SUFFIX):
        return builtin_profile(name_or_file)
    try:
        return parse_profile(Path(name_or_file).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileInvalid(f"the profile {name_or_file} cannot be read: {error}") from error
