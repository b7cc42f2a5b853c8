"""Findings about roles and permissions that guards name and nobody has."""

import difflib
from collections.abc import Iterator
from typing import Final

from roundsman.access.route_audit.access import Access, Vocabulary
from roundsman.access.route_audit.comparisons import Named
from roundsman.access.route_audit.findings import Code, Finding, Mend
from roundsman.access.route_audit.mends import Mender

# Only what is nearly the same is proposed instead: another permission could let the wrong ones pass.
_TYPO: Final = 0.85


def unknown_names(one: Access, mender: Mender, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Find roles that the application does not have, or writes otherwise, and permissions that no role has."""
    for guard in one.guards:
        for named in sorted(guard.roles, key=lambda each: each.text):
            if not vocabulary.knows(named):
                yield _role(one, mender, vocabulary, named, guard.name)
        for named in sorted(guard.permissions, key=lambda each: each.text):
            if vocabulary.grants and not vocabulary.holders(named.text):
                yield _permission(one, mender, vocabulary, named, guard.name)


def _role(one: Access, mender: Mender, vocabulary: Vocabulary, named: Named, guard: str) -> Finding:
    known = sorted(set(vocabulary.roles.values()))
    meant = next((role for role in known if role.lower() == named.text.lower()), None)
    if meant is not None:
        advice = f"Write {meant!r}, or better the member of the enumeration."
        about = f"{named.text!r} in {guard}; the role is {meant!r}"
        return _finding(Code.ROLE_IN_OTHER_CASE, one, about, Mend(advice, _patch(one, mender, named.text, meant)))
    close = difflib.get_close_matches(named.text, known, n=1, cutoff=_TYPO)
    patch = _patch(one, mender, named.text, close[0] if close else None)
    advice = f"Name one of the roles there are: {', '.join(known)}."
    return _finding(Code.UNKNOWN_ROLE, one, f"{named.text!r} in {guard}", Mend(advice, patch))


def _permission(one: Access, mender: Mender, vocabulary: Vocabulary, named: Named, guard: str) -> Finding:
    granted = sorted({each for of in vocabulary.grants.values() for each in of})
    meant = next((each for each in granted if _letters(each) == _letters(named.text)), None)
    patch = _patch(one, mender, named.text, meant) if meant else ""
    advice = f"Give it to the roles that should have it, in the table of permissions{f', or ask for {meant!r}' if meant else ''}."
    return _finding(Code.PERMISSION_OF_NOBODY, one, f"{named.text!r} in {guard}", Mend(advice, patch))


def _finding(code: Code, one: Access, about: str, mend: Mend) -> Finding:
    return Finding(code, str(one.route), one.place, about, mend)


def _patch(one: Access, mender: Mender, before: str, after: str | None) -> str:
    handler = mender.handler(one)
    return mender.renamed(handler[0].place.file, handler[1], before, after) if handler else ""


def _letters(permission: str) -> str:
    return "".join(filter(str.isalpha, permission.lower()))
