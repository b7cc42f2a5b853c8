"""Pages from templates: escaped everywhere, and an error rather than a blank where a value is missing."""

from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from roundsman.money import grouped


def _share(part: int, whole: int) -> str:
    """Say a share in percent, never rounded up: '99.9 %' while a single one is missing."""
    tenths = part * 1000 // whole
    return f"{tenths // 10} %" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10} %"


_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("roundsman.console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["number"] = grouped
_ENVIRONMENT.filters["words"] = lambda name: str(name).replace("_", " ")
_ENVIRONMENT.globals["share"] = _share


def page(template: str, **values: object) -> HTMLResponse:
    """Render a template with these values."""
    return HTMLResponse(_ENVIRONMENT.get_template(template).render(values))
