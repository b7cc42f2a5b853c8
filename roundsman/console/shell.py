"""What stands around every page: who is signed in, where he can go, how he wants it, and what just happened."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.requests import Request

from roundsman.access.permissions import Permission, permissions_of
from roundsman.access.roles import Role
from roundsman.console.cookies import FLASH, LANGUAGE, THEME
from roundsman.console.csrf import form_token
from roundsman.console.navigation import LinkGroup, current_of, groups_for, home_of
from roundsman.console.strings import ENGLISH, language_for, languages, say, strings_of
from roundsman.operations.signing_in.authentication import Known
from roundsman.web.services import services_of

THEMES: Final = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is signed in."""

    name: str
    roles: tuple[Role, ...]
    home: str
    permissions: frozenset[Permission]
    form_token: str


@dataclass(frozen=True, slots=True)
class Shell:
    """What the frame of a page shows; `flash` is the sentence about what was done on the page before."""

    viewer: Viewer | None
    groups: tuple[LinkGroup, ...]
    path: str
    address: str
    theme: str
    language: str
    languages: tuple[str, ...]
    flash: str | None
    say: Callable[..., str]

    @property
    def current(self) -> str | None:
        """Which of the pages in the navigation this one belongs to."""
        return current_of(self.groups, self.path)

    def explain(self, code: str, otherwise: str) -> str:
        """Say why something was refused, in this language where its code has words of its own."""
        key = f"problem.{code}"
        return self.say(key) if key in strings_of(ENGLISH) else otherwise

    def word(self, group: str, name: str) -> str:
        """Say a word that a source may have made up or written large: as it is where there is no other for it."""
        key = f"{group}.{name.lower()}"
        return self.say(key) if key in strings_of(ENGLISH) else name.replace("_", " ")

    def may(self, permission: str) -> bool:
        """Whether who is signed in has the permission, so that what he could not do is not offered to him."""
        return self.viewer is not None and Permission(permission) in self.viewer.permissions


def shell_of(request: Request) -> Shell:
    """Put together what stands around the page of this request."""
    known: Known | None = getattr(request.state, "known", None)
    language = language_for(request.cookies.get(LANGUAGE), request.headers.get("accept-language", ""))
    flash = request.cookies.get(FLASH)
    theme = request.cookies.get(THEME, THEMES[0])
    return Shell(
        viewer=None if known is None else _viewer(request, known),
        groups=() if known is None else groups_for(known.principal.roles),
        path=request.url.path,
        address=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        theme=theme if theme in THEMES else THEMES[0],
        language=language,
        languages=languages(),
        flash=say(language, flash) if flash is not None and flash in strings_of(ENGLISH) else None,
        say=partial(say, language),
    )


def _viewer(request: Request, known: Known) -> Viewer:
    principal = known.principal
    roles = tuple(role for role in Role if role in principal.roles)
    token = form_token(services_of(request).runtime.secret_key, principal.session_id)
    return Viewer(known.user.name, roles, home_of(roles), permissions_of(roles), token)
