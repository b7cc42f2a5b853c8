"""Money is integer paise inside; rupees exist only at the edge."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from roundsman.errors import InvalidInput

PAISE_PER_RUPEE = 100
_PAISE, _RUPEES = "paise", "rupees"


class NotAnAmount(InvalidInput):
    """The value cannot be read as rupees."""

    code = "not_an_amount"


def paise_from_rupees(rupees: float | str | Decimal) -> int:
    """Read rupees as the decimal number a person sees, so 20.1 is 2010 paise; halves round up.

    Raises NotAnAmount on anything that is not a finite number.
    """
    try:
        amount = Decimal(str(rupees))
        if not amount.is_finite():
            raise NotAnAmount(f"{rupees!r} is not an amount in rupees")
        return int((amount * PAISE_PER_RUPEE).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    except InvalidOperation as error:
        raise NotAnAmount(f"{rupees!r} is not an amount in rupees") from error


def plain_rupees(paise: int) -> str:
    """Write paise as rupees for a program or a spreadsheet: 123456 is '1234.56'."""
    sign, amount = ("-" if paise < 0 else ""), abs(paise)
    return f"{sign}{amount // PAISE_PER_RUPEE}.{amount % PAISE_PER_RUPEE:02}"


def rupees_field(name: str) -> str | None:
    """How a field of paise is called in rupees, 'earned_rupees' for 'earned_paise'; None where it is none of paise."""
    return f"{name.removesuffix(_PAISE)}{_RUPEES}" if name == _PAISE or name.endswith(f"_{_PAISE}") else None


def in_rupees(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose fields of paise are called and written in rupees, for who is no program."""
    return {
        rupees_field(name) or name: value if rupees_field(name) is None else plain_rupees(value)
        for name, value in row.items()
    }


def rupees_text(paise: int) -> str:
    """Show paise as rupees with Indian grouping: 12345678 is '1,23,456.78'."""
    sign = "-" if paise < 0 else ""
    rupees, rest = divmod(abs(paise), PAISE_PER_RUPEE)
    return f"{sign}{grouped(rupees)}.{rest:02d}"


def grouped(number: int) -> str:
    """Show a whole number with Indian grouping: 1234567 is '12,34,567'."""
    digits = str(abs(number))
    head, tail = digits[:-3], digits[-3:]
    groups = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)][::-1]
    return ("-" if number < 0 else "") + ",".join([*groups, tail])


def cost_paise(quantity: float, unit_price_paise: int) -> int:
    """Give what so many units cost, in whole paise; half a paisa counts as a whole one."""
    exact = Decimal(str(quantity)) * unit_price_paise
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
