"""Where people live: the areas the business serves and addresses in them."""

from dataclasses import dataclass
from random import Random

_SUB_AREAS = {
    "Bangalore": ("MG Road", "Indiranagar", "Koramangala", "Whitefield", "Marathahalli", "Jayanagar", "HSR Layout"),
    "Chennai": ("Adyar", "T Nagar", "Velachery", "Anna Nagar"),
    "Hyderabad": ("Madhapur", "Begumpet", "Kukatpally"),
}
_SOCIETIES = ("Lotus", "Green Park", "Shanti", "Prestige", "Silver Oak", "Lake View", "Sai", "Krishna", "Palm Meadows")
_SUFFIXES = ("Apartments", "Residency", "Enclave", "Towers", "Society", "Nilayam")


@dataclass(frozen=True, slots=True)
class Area:
    """A place as areas_v2 knows it."""

    key: str
    city: str
    sub_area: str
    pincode: str

    @property
    def full_name(self) -> str:
        """`Bangalore - MG Road`."""
        return f"{self.city} - {self.sub_area}"


AREAS: tuple[Area, ...] = tuple(
    Area(f"area-{index:03}", city, sub_area, f"5600{index:02}")
    for index, (city, sub_area) in enumerate(((c, s) for c, subs in _SUB_AREAS.items() for s in subs), start=1)
)


def some_area(rng: Random) -> Area:
    """One of the areas."""
    return rng.choice(AREAS)


def some_address(rng: Random, area: Area) -> str:
    """A free text address, as the customers have it."""
    place = f"{rng.choice(_SOCIETIES)} {rng.choice(_SUFFIXES)}"
    return f"{rng.randrange(1, 900)}, {place}, {area.sub_area}, {area.city} {area.pincode}"


def rewritten(rng: Random, address: str) -> str:
    """The same address as somebody else would type it."""
    match rng.randrange(4):
        case 0:
            return address.upper()
        case 1:
            return "Flat No " + address
        case 2:
            return address.replace("Apartments", "Apts").replace("Society", "Soc").replace(", ", " ")
        case _:
            return address
