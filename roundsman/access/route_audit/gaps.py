"""Findings about who passes: nobody is asked, anybody signed in passes, the wrong ones pass, or nobody can."""

import re
from collections.abc import Iterator
from typing import Final

from roundsman.access.route_audit.access import Access, Protection, Vocabulary
from roundsman.access.route_audit.facts import Dependency
from roundsman.access.route_audit.findings import Code, Finding, Mend
from roundsman.access.route_audit.mends import Mender
from roundsman.access.route_audit.names import is_entry, is_guard_like, is_role_name, is_user_like
from roundsman.access.route_audit.reading import Reader

_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_CHANGES: Final = _WRITES - {"POST"}
_READER: Final = re.compile(r"^(viewer|reader|read_?only|auditor|guest|observer)$", re.IGNORECASE)
_READ: Final = re.compile(r"(^|[:._])(read|view|list|get)(_\w+)?$|^(read|view|list|get)[:._]", re.IGNORECASE)


def open_routes(one: Access, mender: Mender, reader: Reader, explained: frozenset[str]) -> Iterator[Finding]:
    """Find a route that asks nobody who he is, unless another finding explains that already."""
    if one.protection is not Protection.UNPROTECTED or str(one.route) in explained:
        return
    if one.route.framework and one.route.kind == "http":
        advice = "Turn it off outside development: FastAPI(docs_url=None, redoc_url=None, openapi_url=None)."
        yield Finding(Code.OPEN_DOCUMENTATION, str(one.route), one.place, one.route.name, Mend(advice))
        return
    is_open_on_purpose = is_entry(one.route.path) and _CHANGES.isdisjoint(one.route.methods)
    code = Code.OPEN_ENTRY if is_open_on_purpose else Code.NO_AUTHENTICATION
    advice = f"Give it a guard, or declare it public: {mender.identity}."
    patch = mender.with_guard(one, mender.identity)
    if one.route.kind in {"mount", "host"}:
        advice = "A mount has no dependencies: put the guard into what is mounted, or around it."
        mounted = reader.facts.calls.get(one.route.endpoint or "")
        code = Code.OPEN_FILES if mounted and "static" in mounted.name.lower() else code
    elif not patch:
        advice = f"Make it a route of FastAPI's with dependencies=[Depends({mender.identity})], or declare it public."
    yield Finding(code, str(one.route), one.place, _optional(one, reader), Mend(advice, patch))


def decoys(one: Access, mender: Mender, reader: Reader) -> Iterator[Finding]:
    """Find what looks like a guard and lets everybody pass."""
    yield from _told_by_the_client(one, reader)
    yield from _overridden(one, reader)
    handler = mender.handler(one)
    bare = {parameter.name for parameter in (handler[0].parameters if handler else ()) if parameter.bare}
    for dependency in one.route.dependencies:
        call = reader.facts.calls[dependency.call]
        # What nobody takes the result of is there to guard; a nameless function may return anything to who takes it.
        in_vain = call.kind == "lambda" and dependency.parameter is None
        looks = is_user_like(dependency.parameter) or is_guard_like(call.short_name) or in_vain
        if one.protection is Protection.PUBLIC or not looks or dependency.parameter in bare:
            continue
        if reader.is_constant(dependency.call):
            about = f"{call.short_name} ({reader.facts.shown(call.place)}) returns the same whoever asks"
        elif one.protection is Protection.UNPROTECTED and _asks_nobody(dependency, reader):
            about = f"{dependency.parameter} comes from {call.short_name}, which asks nobody who he is"
        else:
            continue
        advice = f"Depend on {mender.identity} instead."
        yield Finding(
            Code.DECOY_GUARD, str(one.route), one.place, about, Mend(advice, _in_place(one, mender, dependency))
        )


def no_role(one: Access, mender: Mender, explained: frozenset[str]) -> Iterator[Finding]:
    """Find a route that everybody passes who is signed in."""
    if one.protection is not Protection.AUTHENTICATED or str(one.route) in explained:
        return
    patch = mender.with_guard(one, mender.role)
    about = ", ".join(guard.name for guard in one.guards)
    advice = f"Say whose it is, with {mender.role} for instance, unless it shows only what is the user's own."
    yield Finding(Code.NO_ROLE, str(one.route), one.place, about, Mend(advice, patch))


def writes_of_readers(one: Access, mender: Mender, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Find a route that changes something and lets readers pass."""
    if not _WRITES & set(one.route.methods):
        return
    readers = sorted(role for role in one.roles or () if _READER.match(role))
    reads = sorted(one for one in one.permissions if _READ.search(one))
    if one.permissions and len(reads) == len(one.permissions):
        writes = _writing_instead(reads[0], vocabulary)
        advice = f"Ask for {writes}, which only those have who may change it."
        patch = _renamed(one, mender, reads[0], writes)
        yield Finding(Code.WRITE_FOR_READER, str(one.route), one.place, ", ".join(reads), Mend(advice, patch))
    elif readers and not one.permissions:
        advice = f"Take {', '.join(readers)} out of its guard."
        patch = _renamed(one, mender, readers[0], None)
        yield Finding(Code.WRITE_FOR_READER, str(one.route), one.place, ", ".join(readers), Mend(advice, patch))


def admin_locked_out(one: Access, mender: Mender, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Find a route for admins that admins cannot reach, since all of its guards have to let them pass."""
    admins = {role for role in (*vocabulary.roles.values(), *vocabulary.grants) if role.lower() == "admin"}
    if one.roles is None or not admins or admins & one.roles:
        return
    named = {vocabulary.role(role) for guard in one.guards for role in guard.roles}
    on_the_way = "admin" in one.route.path.lower().split("/")
    if admins & named or on_the_way:
        who = ", ".join(sorted(one.roles)) or "nobody"
        about = f"{' and '.join(guard.name for guard in one.guards)} together let pass: {who}"
        advice = f"Let {min(admins)} pass every one of its guards; one of them is the router's or the application's."
        closed = ((guard.name, frozenset(vocabulary.role(role) for role in guard.roles)) for guard in one.guards)
        patches = (mender.letting_pass(name, roles, min(admins)) for name, roles in closed if not admins & roles)
        patch = next(filter(None, patches), "")
        yield Finding(Code.ADMIN_LOCKED_OUT, str(one.route), one.place, about, Mend(advice, patch))


def _told_by_the_client(one: Access, reader: Reader) -> Iterator[Finding]:
    """Find a guard whose role is a parameter of the request, which is what a default or a partial keyword becomes."""
    for dependency in one.route.tree():
        asked = [name for name in dependency.asks if is_role_name(name)]
        if asked and reader.authenticates(dependency):
            name = reader.facts.calls[dependency.call].short_name
            about = f"{name} takes {asked[0]} from the request, so that the client chooses it"
            mend = Mend(
                f"Make the guard by a function or class that takes {asked[0]}, and not by a default or a partial."
            )
            yield Finding(Code.DECOY_GUARD, str(one.route), one.place, about, mend)


def _overridden(one: Access, reader: Reader) -> Iterator[Finding]:
    """Find a dependency in whose place another one runs."""
    instead = reader.facts.applications[one.route.application].overridden
    for number in dict.fromkeys(dependency.call for dependency in one.route.tree() if dependency.call in instead):
        named, runs = (reader.facts.calls[call] for call in (number, instead[number]))
        about = f"{runs.short_name} ({reader.facts.shown(runs.place)}) runs in place of {named.short_name}"
        mend = Mend("Take it out of dependency_overrides, which are for tests.")
        yield Finding(Code.DECOY_GUARD, str(one.route), one.place, about, mend)


def _optional(one: Access, reader: Reader) -> str:
    """Say which dependency looks at a token and lets those pass who have none."""
    for dependency in one.route.dependencies:
        call = reader.facts.calls[dependency.call]
        if call.kind == "scheme":
            return f"{call.short_name} asks for a token that nobody verifies"
        if reader.holds_scheme(dependency):
            return f"{call.short_name} lets those pass too who are nobody"
    return ""


def _asks_nobody(dependency: Dependency, reader: Reader) -> bool:
    """Whether it could not even know who asks."""
    return bool(dependency.parameter) and not reader.holds_scheme(dependency) and not dependency.takes


def _in_place(one: Access, mender: Mender, dependency: Dependency) -> str:
    """Put the right guard where a decoy stands."""
    handler = mender.handler(one)
    if handler is None:
        return ""
    called = mender.facts.calls[dependency.call]
    return mender.in_depends(handler[0].place.file, handler[1], called, mender.identity)


def _writing_instead(reading: str, vocabulary: Vocabulary) -> str:
    area = re.split(r"[:._]", reading)[0]
    known = {*vocabulary.permissions.values(), *(one for of in vocabulary.grants.values() for one in of)}
    return next(
        (one for one in sorted(known) if one.startswith(area) and re.search(r"write|manage|edit", one)),
        (_READ.sub(r"\1write", reading)),
    )


def _renamed(one: Access, mender: Mender, before: str, after: str | None) -> str:
    handler = mender.handler(one)
    return mender.renamed(handler[0].place.file, handler[1], before, after) if handler else ""
