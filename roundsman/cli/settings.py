"""The command `roundsman settings`, which is also how docs/settings.md is made."""

from collections.abc import Iterator

from pydantic.fields import FieldInfo
from pydantic_core import to_json

from roundsman.cli.output import say
from roundsman.settings import Settings, variable_name

_INTRODUCTION = """# Settings

Each is an environment variable, or a line in a file `.env` in the working directory; the environment wins. A name that
begins with `ROUNDSMAN_` and is not listed here is refused, because a misspelt setting would silently have no effect.

This page is made by `roundsman settings > docs/settings.md` from `roundsman/settings.py`.
"""


def show() -> None:
    """Print every setting with its default and its reason, as Markdown."""
    say(settings_page())


def settings_page() -> str:
    """Write the page about all settings."""
    return "\n".join([_INTRODUCTION, *_sections()]).rstrip()


def _sections() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        yield f"## {variable_name(name)}\n\n{field.description}\n\nDefault: {_default(field)}\n"


def _default(field: FieldInfo) -> str:
    if field.default is None:
        return "none"
    match field.default:
        case bool() | tuple() as value:
            return f"`{to_json(value).decode()}`"
        case value:
            return f"`{value}`"
