"""Lists that are shown in parts: which part is asked for, what is shown of it, and the addresses of the others."""

from collections.abc import Sequence
from typing import Annotated, Final, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, Field

PER_PAGE: Final = 50
_Item = TypeVar("_Item")


class PartQuery(BaseModel):
    """Which part of a list; the first is 1."""

    page: Annotated[int, Field(ge=1, le=2_000)] = 1

    @property
    def skip(self) -> int:
        """How many stand on the pages before."""
        return (self.page - 1) * PER_PAGE


def part_of(found: Sequence[_Item]) -> tuple[Sequence[_Item], bool]:
    """What is shown of a list of which one more than a page was read, and whether more follows."""
    return found[:PER_PAGE], len(found) > PER_PAGE


def pages_around(path: str, query: PartQuery, *, is_more: bool) -> dict[str, str]:
    """The addresses of the next page of the same view and of its first one; empty where there is none."""
    view = query.model_dump(mode="json", exclude_defaults=True, exclude={"page"})
    first = f"{path}?{urlencode(view)}" if view else path
    following = f"{path}?{urlencode(view | {'page': query.page + 1})}" if is_more else ""
    return {"next": following, "first": first if query.page > 1 else ""}
