"""What verification found, as values (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

_MOST_EXAMPLES = 10


class Check(StrEnum):
    """The checks, by the name under which a failure is reported."""

    ACCOUNTING = "accounting"
    CONTENT = "content"
    RESULT = "result"
    IDENTIFIER_SHARED = "identifier_shared"
    PROFILE_WITHOUT_USER = "profile_without_user"
    LINKED_CUSTOMERS = "linked_customers"
    MATCH_ON_BAD_KEY = "match_on_bad_key"
    MERGE_CHAIN = "merge_chain"
    STAFF_ROLE_GAINED = "staff_role_gained"
    MONEY = "money"
    EARNINGS = "earnings"
    DECISIONS = "decisions"
    PLANS = "plans"
    REPLAN = "replan"
    FENCING = "fencing"
    ERASURE = "erasure"


MEANING: Mapping[Check, str] = {
    Check.ACCOUNTING: "every source document is in exactly one class, none is lost",
    Check.CONTENT: "the verbatim copy of each document is the source's bytes",
    Check.RESULT: "each document's user and profile are there and belong together",
    Check.IDENTIFIER_SHARED: "a phone or e-mail identifier belongs to one live user",
    Check.PROFILE_WITHOUT_USER: "every profile and order has its live user",
    Check.LINKED_CUSTOMERS: "every customer is linked to a user",
    Check.MATCH_ON_BAD_KEY: "no match was made on an empty, invalid or placeholder key",
    Check.MERGE_CHAIN: "a merged user leads to a live one in one step",
    Check.STAFF_ROLE_GAINED: "no account gained a staff role by the import",
    Check.MONEY: "the orders' money is the source's, to the paisa",
    Check.EARNINGS: "each delivery boy has earned what the source counts, to the paisa",
    Check.DECISIONS: "what is held or was decided by a human is respected",
    Check.PLANS: "what the applied plans said is stored: questions, and in shadow identifiers and passwords",
    Check.REPLAN: "planning again would do nothing automatically",
    Check.FENCING: "one runner at a time wrote",
    Check.ERASURE: "nothing personal is left of whoever closed his account",
}


@dataclass(slots=True)
class CheckResult:
    """One check: how much it looked at, what it found wrong (a few examples of them), what else it says."""

    check: Check
    looked_at: int = 0
    failures: int = 0
    examples: list[str] = field(default_factory=list)
    said: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing was wrong."""
        return self.failures == 0

    def look(self, count: int = 1) -> None:
        """Count what was looked at."""
        self.looked_at += count

    def fail(self, example: str) -> None:
        """Note something wrong."""
        self.failures += 1
        if len(self.examples) < _MOST_EXAMPLES:
            self.examples.append(example)


CLASSES = (
    "kept",
    "linked",
    "created_for",
    "merged",
    "archived",
    "held",
    "drifted",
    "changed",
    "arrived",
    "after_switch",
    "gone",
    "erased",
    "lost",
)

_WAITING = ("arrived", "changed", "drifted")


@dataclass(frozen=True, slots=True)
class Account:
    """Where the documents of one source collection are; the classes but `gone` and `erased` add up to the source's number."""

    collection: str
    in_source: int
    classes: Mapping[str, int]

    @property
    def waiting(self) -> int:
        """How many documents of the source the next import would take."""
        return sum(self.classes.get(name, 0) for name in _WAITING)

    @property
    def lost(self) -> int:
        """Documents that are in no class: there may be none."""
        return self.in_source - sum(
            count for name, count in self.classes.items() if name not in ("gone", "erased", "lost")
        )


@dataclass(frozen=True, slots=True)
class Verification:
    """All checks, the accounts, and the collections of the source that are not taken, with their numbers."""

    checks: Sequence[CheckResult]
    accounts: Sequence[Account]
    not_taken: Mapping[str, int]
    with_source: bool

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def lost(self) -> int:
        """Documents lost in all."""
        return sum(max(account.lost, 0) for account in self.accounts)
