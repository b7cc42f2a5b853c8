"""Pages from templates: escaped everywhere, and an error rather than a blank where a value is missing."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from roundsman.money import grouped
from roundsman.web.errors import Problem


def _share(part: int, whole: int) -> str:
    """Say a share in percent, never rounded up: '99.9 %' while a single one is missing."""
    tenths = part * 1000 // whole
    return f"{tenths // 10} %" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10} %"


def _prose(text: str) -> Markup:
    """Show what stands between backticks as code."""
    parts = text.split("`")
    return Markup().join(Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))


def _breakable(path: str) -> Markup:
    """Let a path go on in the next line before each of its slashes."""
    return Markup("<wbr>/").join(path.split("/"))


_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("roundsman.console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["number"] = grouped
_ENVIRONMENT.filters["words"] = lambda name: str(name).replace("_", " ")
_ENVIRONMENT.filters["prose"] = _prose
_ENVIRONMENT.filters["breakable"] = _breakable
_ENVIRONMENT.globals["share"] = _share


def page(
    template: str, *, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None, **values: object
) -> HTMLResponse:
    """Render a template with these values."""
    return HTMLResponse(_ENVIRONMENT.get_template(template).render(values), status, headers)


def problem_page(problem: Problem) -> HTMLResponse:
    """Show people why there is no page for them. Its address may be a link that is a secret, so it is told to nobody."""
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return page("problem.html", status=problem.status, headers=headers, problem=problem)
