"""What our pages say, by key, in every language there is a file for; another one is added as a file beside these.

A key that a language lacks is said in English: an untranslated sentence helps more than a missing page. A test compares
the files, so that this happens only while somebody translates.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

ENGLISH: Final = "en"
_SUFFIX: Final = ".toml"


@cache
def languages() -> tuple[str, ...]:
    """The languages there are, English first, then by code."""
    names = [one.name for one in files("roundsman.console").joinpath("strings").iterdir() if one.name.endswith(_SUFFIX)]
    return tuple(sorted((name.removesuffix(_SUFFIX) for name in names), key=lambda code: (code != ENGLISH, code)))


@cache
def strings_of(language: str) -> Mapping[str, str]:
    """All strings of a language by `group.name`. Raises FileNotFoundError for one there is no file for."""
    text = files("roundsman.console").joinpath("strings", f"{language}{_SUFFIX}").read_text("utf-8")
    groups = tomllib.loads(text)
    return MappingProxyType(
        {f"{group}.{name}": said for group, names in groups.items() for name, said in names.items()}
    )


def say(language: str, key: str, **values: object) -> str:
    """Say a string in a language, with its `{values}` filled in. Raises KeyError for a key that no file has."""
    said = strings_of(language).get(key)
    return (strings_of(ENGLISH)[key] if said is None else said).format_map(values)


def language_for(chosen: str | None, accepted: str) -> str:
    """The language somebody chose, else the first his browser asks for (`Accept-Language`) that there is, else English."""
    if chosen in languages():
        return chosen
    asked = [part.partition(";")[0].strip().partition("-")[0].lower() for part in accepted.split(",")]
    return next((code for code in asked if code in languages()), ENGLISH)
