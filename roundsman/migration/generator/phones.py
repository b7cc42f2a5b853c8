"""Phone numbers of true people, and the forms in which they reached the existing database."""

from collections.abc import Callable, Mapping
from random import Random

from roundsman.migration.generator.chance import pick

# Series that are all mobile; in others libraries know numbers that nobody can have.
_SERIES = (*range(900, 1000), *range(700, 710), *range(600, 610), *range(895, 900), *range(690, 695))
_SERIES_SIZE = 10_000_000
_COUNT = len(_SERIES) * _SERIES_SIZE
_STEP = 618_033_989  # shares no factor with the count, so no number comes twice
_PLACEHOLDERS = ("9999999999", "0000000000", "1234567890", "9876543210", "8888888888", "0123456789")
_DEVANAGARI = str.maketrans("0123456789", "".join(chr(0x966 + digit) for digit in range(10)))
_STYLES: Mapping[Callable[[str], str | int | float], float] = {
    str: 58,
    "+91{}".format: 8,
    lambda digits: f"+91-{digits[:5]} {digits[5:]}": 5,
    "0{}".format: 3,
    "91{}".format: 3,
    lambda digits: f"{digits[:5]} {digits[5:]}": 4,
    lambda digits: f"{digits[:5]}-{digits[5:]}": 3,
    "{}.0".format: 5,
    int: 3,
    float: 1,
    lambda digits: digits.translate(_DEVANAGARI): 2,
    lambda digits: f"+91\u00a0{digits[:5]}\u00a0{digits[5:]}": 2,
    " {} ".format: 2,
    "0091 {}".format: 1,
}


def phone_number(index: int) -> str:
    """The ten digits of the index-th phone of the world; different indexes have different phones."""
    series, rest = divmod((index * _STEP + 777_000_001) % _COUNT, _SERIES_SIZE)
    return f"{_SERIES[series]}{rest:07}"


def is_memorable(digits: str) -> bool:
    """Whether a number looks like one somebody made up."""
    return digits in _PLACEHOLDERS or digits[-6:] == digits[-1] * 6


def written(rng: Random, digits: str) -> str | int | float:
    """The number in one of the forms that still say which number it is."""
    return pick(rng, _STYLES)(digits)


def stripped(raw: str | float | None) -> str | None:
    """What the existing application's import makes of a phone cell for the users document."""
    return None if raw is None else str(raw).replace("+", "").replace("-", "").replace(" ", "")


def unusable(turn: int, digits: str, other: str) -> str | int | None:
    """A phone field from which no single number of a person can be read; every form has its turn."""
    forms = (
        None,
        "",
        f"{digits} / {other}",
        f"{digits},{other}",
        digits[:7],
        f"{digits}4",
        "N/A",
        "not given",
        f"{int(digits) / 1e9:.8f}E9",
        "080-41234567",
        "0",
        0,
        *_PLACEHOLDERS,
    )
    return forms[turn % len(forms)]
