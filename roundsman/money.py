"""Money is integer paise inside; rupees exist only at the edge."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from roundsman.errors import InvalidInput

PAISE_PER_RUPEE = 100


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
