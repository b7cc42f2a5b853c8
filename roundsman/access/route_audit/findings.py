"""What can be wrong with the access to a route: each code, how grave it is, what it means and how it is mended."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from roundsman.access.route_audit.facts import Place


class Level(StrEnum):
    """How grave a finding is: somebody gets in who must not; its owner should act; good to know."""

    BLOCKER = "blocker"
    ACTION = "action"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Level).index(self)


class Code(StrEnum):
    """What was found."""

    NO_AUTHENTICATION = "no_authentication"
    OPEN_ENTRY = "open_entry"
    OPEN_FILES = "open_files"
    OPEN_DOCUMENTATION = "open_documentation"
    NO_ROLE = "no_role"
    WRITE_FOR_READER = "write_for_reader"
    DUPLICATE_ROUTE = "duplicate_route"
    SHADOWED_ROUTE = "shadowed_route"
    DOUBLED_PREFIX = "doubled_prefix"
    DECOY_GUARD = "decoy_guard"
    GUARD_NOT_DEPENDS = "guard_not_depends"
    GUARD_IN_SIGNATURE = "guard_in_signature"
    BARE_DEPENDS = "bare_depends"
    CONDITIONAL_GUARD = "conditional_guard"
    CHECK_IN_HANDLER = "check_in_handler"
    UNKNOWN_ROLE = "unknown_role"
    ROLE_IN_OTHER_CASE = "role_in_other_case"
    PERMISSION_OF_NOBODY = "permission_of_nobody"
    ADMIN_LOCKED_OUT = "admin_locked_out"
    SWALLOWED_IMPORT = "swallowed_import"
    MISSING_MODULE = "missing_module"
    ROUTER_NOT_INCLUDED = "router_not_included"
    UNDOCUMENTED_ROUTE = "undocumented_route"

    @property
    def level(self) -> Level:
        """How grave it is."""
        return _MEANINGS[self][0]

    @property
    def meaning(self) -> str:
        """What it means, as a sentence."""
        return _MEANINGS[self][1]


_MEANINGS: Final[dict[Code, tuple[Level, str]]] = {
    Code.NO_AUTHENTICATION: (Level.BLOCKER, "Nothing that runs before the endpoint asks who is there."),
    Code.OPEN_ENTRY: (
        Level.INFO,
        "Open, and named like what has to be open: signing in, health. It should say so itself.",
    ),
    Code.OPEN_FILES: (
        Level.ACTION,
        "A folder is served to everybody: right for pictures and scripts, wrong for what somebody uploaded.",
    ),
    Code.OPEN_DOCUMENTATION: (Level.INFO, "FastAPI's own pages tell every route to everybody."),
    Code.NO_ROLE: (Level.INFO, "Whoever is signed in passes, whatever his role; right only for what is his own."),
    Code.WRITE_FOR_READER: (Level.BLOCKER, "A route that changes something lets those pass who may only read."),
    Code.DUPLICATE_ROUTE: (Level.ACTION, "An earlier route has the same method and path; this one never answers."),
    Code.SHADOWED_ROUTE: (Level.ACTION, "An earlier route takes its requests; this one never answers."),
    Code.DOUBLED_PREFIX: (Level.ACTION, "A prefix was given twice, by the router and where it is included."),
    Code.DECOY_GUARD: (Level.BLOCKER, "It looks like a guard, and lets everybody pass."),
    Code.GUARD_NOT_DEPENDS: (
        Level.BLOCKER,
        "A guard stands in `Annotated[…]` without `Depends`: FastAPI drops it and never runs it.",
    ),
    Code.GUARD_IN_SIGNATURE: (
        Level.BLOCKER,
        "Guards stand in a list that is a parameter's default instead of in the decorator: they never run.",
    ),
    Code.BARE_DEPENDS: (
        Level.BLOCKER,
        "`Depends()` without anything makes the user from what the client sends, instead of from his token.",
    ),
    Code.CONDITIONAL_GUARD: (Level.BLOCKER, "Whether the guard runs was decided when the program started."),
    Code.CHECK_IN_HANDLER: (
        Level.ACTION,
        "A role or token is compared inside the endpoint, where nothing sees it that reads guards (from the source).",
    ),
    Code.UNKNOWN_ROLE: (Level.BLOCKER, "A guard names a role that does not exist; nobody can have it."),
    Code.ROLE_IN_OTHER_CASE: (Level.BLOCKER, "A guard writes a role in another case, so that it never matches."),
    Code.PERMISSION_OF_NOBODY: (Level.ACTION, "A guard asks for a permission that no role has."),
    Code.ADMIN_LOCKED_OUT: (Level.ACTION, "Its guards contradict each other, so that admins cannot pass either."),
    Code.SWALLOWED_IMPORT: (
        Level.BLOCKER,
        "A module of the application failed to import and was passed over; what it holds is silently missing.",
    ),
    Code.MISSING_MODULE: (
        Level.ACTION,
        "A module of the application that is not there was asked for and passed over; it may be a part left out on purpose.",
    ),
    Code.ROUTER_NOT_INCLUDED: (
        Level.ACTION,
        "A router none of whose routes is in the application, or that reaches it by a way that this audit cannot see.",
    ),
    Code.UNDOCUMENTED_ROUTE: (
        Level.INFO,
        "FastAPI cannot write its part of the OpenAPI document, which then fails as a whole; it was read as it stands.",
    ),
}


@dataclass(frozen=True, slots=True)
class Mend:
    """What to do about a finding, and, where its source is at hand, that as a patch (a unified diff)."""

    advice: str
    patch: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: at which route, where in the source, what about it, and its mend."""

    code: Code
    route: str
    place: Place
    about: str
    mend: Mend

    @property
    def level(self) -> Level:
        """How grave it is."""
        return self.code.level


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The gravest first, then as they were found; what was found twice at the same route is told once."""
    unique = {(one.code, one.route, one.about): one for one in findings}
    return tuple(sorted(unique.values(), key=lambda one: (one.level.rank, list(Code).index(one.code))))
