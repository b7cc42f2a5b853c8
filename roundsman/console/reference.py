"""The API as its pages show it (pure): read from the OpenAPI document, which is all that it is made of.

Each tag of the document is a chapter. A chapter has all the models that its operations carry, so that a reader need not
leave it; the models of refusals are the same everywhere and stand with the codes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from roundsman.console.operation import Operation, operation_of
from roundsman.console.schemas import Model, Schema, models_of

_CHAPTERS: Final = {
    "auth": ("Signing in", "Passwords, codes, authenticators and sessions, and what concerns oneself."),
    "users": ("Users", "Finding people, and deciding about them."),
    "customers": ("Customers", "Registering those who buy, and telling that one has spoken with them."),
    "products": ("Products", "What is sold, and for how much."),
    "orders": ("Orders", "Ordering something once, cancelling it, and saying whether it arrived."),
    "subscriptions": ("Subscriptions", "What comes again and again: seeing it, pausing it, going on with it."),
    "payments": ("Payments", "What customers paid, and what they got back."),
    "deliveries": ("Deliveries", "What is brought to whom, and what came of it."),
    "delivery": ("Delivering", "What delivery boys do on their rounds."),
    "delivery boys": ("Delivery boys", "What the office does about those who deliver."),
    "payouts": ("Payouts", "Paying delivery boys what they earned."),
    "suppliers": ("Suppliers", "Those from whom the goods come."),
    "purchase orders": ("Purchase orders", "Ordering from suppliers, and saying what came."),
    "activation": (
        "Activation",
        "How far customers have come, what other systems tell of them, and what they are told.",
    ),
    "reviews": ("Questions", "What an import left to humans: who is who."),
    "health": ("Health", "For whoever keeps it running, and his machines."),
}
"""Name and description of each tag, in the order of reading; a tag that is not here comes last under its own name."""
_OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class Chapter:
    """The operations of one tag, and the models they carry. `key` is the last part of its address."""

    key: str
    name: str
    description: str
    operations: tuple[Operation, ...]
    models: tuple[Model, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """Everything the pages show."""

    version: str
    description: str
    chapters: tuple[Chapter, ...]
    codes: dict[str, str]
    models_of_refusals: tuple[Model, ...]


def read_reference(document: Schema) -> Reference:
    """Read the content of the pages from an OpenAPI document."""
    found = _operations(document)
    return Reference(
        version=document["info"]["version"],
        description=document["info"].get("description", ""),
        chapters=tuple(_chapters(document, found)),
        codes=document.get("x-codes", {}),
        models_of_refusals=models_of(document, [part for one in found for part in _refusals(one.said)]),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """An operation where it stands in the document."""

    path: str
    method: str
    said: Schema


def _operations(document: Schema) -> list[_Found]:
    paths = document["paths"].items()
    return [_Found(path, method, said) for path, operations in paths for method, said in operations.items()]


def _chapters(document: Schema, operations: list[_Found]) -> Iterator[Chapter]:
    by_tag: dict[str, list[_Found]] = {tag: [] for tag in _CHAPTERS}
    for one in operations:
        by_tag.setdefault((one.said.get("tags") or [_OTHER])[-1], []).append(one)
    yield from (_chapter(document, tag, found) for tag, found in by_tag.items() if found)


def _chapter(document: Schema, tag: str, found: list[_Found]) -> Chapter:
    name, description = _CHAPTERS.get(tag, (tag.capitalize(), ""))
    operations = [operation_of(document, one.path, one.method, one.said) for one in found]
    models = models_of(document, [part for one in found for part in _carried(one.said)])
    return Chapter(tag.replace(" ", "-"), name, description, tuple(sorted(operations, key=_place)), models)


def _place(operation: Operation) -> tuple[bool, str]:
    """By path, so that one finds it again; what lies outside the API comes last."""
    return not operation.path.startswith("/api/"), operation.path


def _carried(operation: Schema) -> Iterator[Schema]:
    """Where an operation names the models of its chapter."""
    yield from operation.get("parameters", ())
    yield operation.get("requestBody", {})
    yield from (answer for status, answer in operation["responses"].items() if status < "4")


def _refusals(operation: Schema) -> Iterator[Schema]:
    yield from (answer for status, answer in operation["responses"].items() if status >= "4")
