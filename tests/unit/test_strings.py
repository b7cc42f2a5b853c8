"""What our pages say: every language says all of it, and nothing is said that no page asks for."""

import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import roundsman
from roundsman.access.roles import Role
from roundsman.app import create_app
from roundsman.console.navigation import ACCOUNT, OFFICE, PORTALS
from roundsman.console.strings import ENGLISH, languages, strings_of
from roundsman.delivery.payouts import PayoutStatus
from roundsman.errors import RoundsmanError
from roundsman.orders.orders import OrderStatus
from roundsman.orders.payments import PaymentStatus
from roundsman.subscriptions.subscriptions import RuleKind
from roundsman.suppliers.dues import DueKind
from roundsman.suppliers.proposals import ProposalStatus
from roundsman.suppliers.purchase_orders import PurchaseOrderStatus

CONSOLE = Path(roundsman.__file__).parent / "console"
NAMED_BY_VALUES = {
    "order": OrderStatus,
    "payment": PaymentStatus,
    "payout": PayoutStatus,
    "proposal": ProposalStatus,
    "purchase": PurchaseOrderStatus,
    "due": DueKind,
    "role": Role,
    "rule": RuleKind,
}
_SAID = re.compile(r"""\bt\(["']([a-z_]+\.[a-z0-9_]+)["']""")
# In the code the audit log's actions are written alike, so only these groups are read there.
_NAMED = re.compile(r""""((?:flash|nav|time|language)\.[a-z0-9_]+)\"""")
_BEGUN = re.compile(r"""["']([a-z_]+\.[a-z0-9_]*)["'] ?~""")
_BEGUN_IN_CODE = re.compile(r"""f"([a-z_]+\.[a-z0-9_]*){""")
_GROUP = re.compile(r"""\.word\("([a-z_]+)",""")


def text_of(*patterns: str) -> str:
    """The text of the console's files of these names."""
    return "\n".join(path.read_text("utf-8") for pattern in patterns for path in CONSOLE.rglob(pattern))


def placeholders(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", [one for one in languages() if one != ENGLISH])
def test_a_language_says_everything_with_the_same_values(language: str) -> None:
    english, other = strings_of(ENGLISH), strings_of(language)
    assert other.keys() == english.keys()
    assert {key: placeholders(text) for key, text in other.items()} == {
        key: placeholders(text) for key, text in english.items()
    }
    assert [key for key, text in other.items() if not text.strip()] == []


def test_every_string_that_a_page_asks_for_is_there_and_every_string_is_asked_for() -> None:
    known = strings_of(ENGLISH)
    templates, code = text_of("*.html"), text_of("*.py")
    text = templates + code
    begun = {*_BEGUN.findall(text), *_BEGUN_IN_CODE.findall(text), *(f"{group}." for group in _GROUP.findall(text))}
    named = {*_SAID.findall(templates), *_NAMED.findall(code)} - begun
    assert named - known.keys() == set()
    assert [one for one in begun if not any(key.startswith(one) for key in known)] == []
    assert [key for key in known if key not in named and not key.startswith(tuple(begun))] == []
    in_navigation = {name for group in (*OFFICE, *PORTALS) for name in (group.name, *(one.name for one in group.links))}
    assert {*in_navigation, ACCOUNT.name} <= known.keys()


@pytest.mark.parametrize("group", NAMED_BY_VALUES)
def test_every_value_that_a_portal_shows_has_its_word(group: str) -> None:
    words = {key.partition(".")[2] for key in strings_of(ENGLISH) if key.startswith(f"{group}.")}
    assert words - {"weekly_on"} == {str(value) for value in NAMED_BY_VALUES[group]}


def test_refusals_have_words_only_for_codes_that_there_are() -> None:
    create_app()  # so that every module is there that a page can reach
    codes = {key.partition(".")[2] for key in strings_of(ENGLISH) if key.startswith("problem.")}
    assert codes - set(_codes(RoundsmanError)) == set()


def _codes(family: type[RoundsmanError]) -> Iterator[str]:
    yield family.code
    for kind in family.__subclasses__():
        yield from _codes(kind)
