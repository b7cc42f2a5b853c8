"""Reading single values of a source document, whatever BSON type they turn out to have.

Nothing here raises on a value: what cannot be read is None, and the verbatim bytes are kept elsewhere anyway.
Naive local times are read in the source's time zone; a naive text with a date only is that day's midnight there.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bson import Decimal128, ObjectId, json_util
from bson.codec_options import DatetimeConversion

from roundsman.errors import InvalidInput
from roundsman.migration.profile import Path
from roundsman.money import paise_from_rupees

# An `_id` may be a date that Python's own dates do not reach.
_ID_AS_JSON = json_util.CANONICAL_JSON_OPTIONS.with_options(datetime_conversion=DatetimeConversion.DATETIME_AUTO)
_HEX_OBJECT_ID = re.compile(r"[0-9a-f]{24}")
LARGEST_PAISE = 10**15
"""Ten trillion rupees: what is written beyond is a mistake, and a little further no integer of the database's."""
_EARLIEST_YEAR, _LATEST_YEAR = 1970, 2200


def value_at(document: Mapping[str, Any], paths: tuple[Path, ...]) -> Any:  # noqa: ANN401 - any BSON value
    """The first value under one of the paths that is not null; None if there is none."""
    for path in paths:
        value = document.get(path[0])
        if len(path) > 1:
            value = _value_below(value, path)
        if value is not None:
            return value
    return None


def _value_below(value: Any, path: Path) -> Any:  # noqa: ANN401 - any BSON value
    for name in path[1:]:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def values_at(document: Mapping[str, Any], paths: tuple[Path, ...]) -> tuple[Any, ...]:
    """Every value under the paths that is not null, in the order of the paths."""
    if len(paths) == 1:
        return () if (only := value_at(document, paths)) is None else (only,)
    return tuple(value for path in paths if (value := value_at(document, (path,))) is not None)


def text(raw: object) -> str | None:
    """A text without surrounding space; a number as it is written; None for anything else and for nothing."""
    if isinstance(raw, str):
        return raw.strip() or None
    if isinstance(raw, int | float | Decimal128) and not isinstance(raw, bool):
        return str(raw)
    return None


def old_id(raw: object) -> str | None:
    """An id as the text all its forms share: an ObjectId and its hex are one; None if it is no id."""
    return str(raw) if isinstance(raw, ObjectId) else text(raw)


def flag(raw: object, *, default: bool) -> bool:
    """A boolean that was really written; anything else is the default."""
    return raw if isinstance(raw, bool) else default


def number(raw: object) -> float | None:
    """A finite number, also from a text; None otherwise."""
    try:
        value = float(str(raw)) if isinstance(raw, str | Decimal128) else raw
    except ValueError:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None  # type: ignore[arg-type]  # narrowed above


def paise(raw: object) -> int | None:
    """An amount in rupees as paise; None if it is no amount, or larger than any amount is."""
    if number(raw) is None:
        return None
    try:
        amount = paise_from_rupees(str(raw).strip())
    except InvalidInput:
        return None
    return amount if abs(amount) <= LARGEST_PAISE else None


def moment(raw: object, timezone: ZoneInfo) -> datetime | None:
    """A point in time, in UTC and milliseconds; None if it cannot be read or lies outside 1970 to 2200."""
    value: datetime | None = None
    if isinstance(raw, datetime):
        value = raw
    elif isinstance(raw, str):
        try:
            value = datetime.fromisoformat(raw.strip())
        except ValueError:
            return None
    if value is None or not _EARLIEST_YEAR < value.year < _LATEST_YEAR:
        return None
    aware = value if value.tzinfo else value.replace(tzinfo=timezone)
    return aware.astimezone(UTC).replace(microsecond=aware.microsecond // 1000 * 1000)


def came_at(*told: datetime | None, as_of: datetime) -> datetime:
    """When something came to be: the first of these times that is not ahead of the as-of time, which it is without any."""
    return next((at for at in told if at is not None and at <= as_of), as_of)


def day(raw: object, timezone: ZoneInfo) -> date | None:
    """A calendar day in the source's time zone; None if it cannot be read."""
    value = moment(raw, timezone)
    return value.astimezone(timezone).date() if value else None


def source_id_text(value: object) -> str:
    """A source `_id` as text that leads back to it: an ObjectId's hex, else canonical Extended JSON."""
    if isinstance(value, ObjectId):
        return str(value)
    return json_util.dumps(value, json_options=_ID_AS_JSON)


def source_id_value(text_form: str) -> Any:  # noqa: ANN401 - any BSON value
    """The source `_id` that `source_id_text` wrote."""
    if _HEX_OBJECT_ID.fullmatch(text_form):
        return ObjectId(text_form)
    return json_util.loads(text_form, json_options=_ID_AS_JSON)
