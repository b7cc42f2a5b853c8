"""True people: households with an address, members with a name, phones and an e-mail address.

A world is made block by block. A block has its own chance, derived from the seed and its number, and refers to no other
block, so a world of millions needs the memory of one block and the same block comes out whatever is around it.
"""

from dataclasses import dataclass, field
from random import Random

from roundsman.migration.generator.chance import happens
from roundsman.migration.generator.moments import DAY
from roundsman.migration.generator.names import Region, TrueName, Word, some_name, some_region
from roundsman.migration.generator.phones import is_memorable, phone_number
from roundsman.migration.generator.places import Area, some_address, some_area
from roundsman.migration.generator.presets import Preset

_PHONES_PER_BLOCK = 50_000
_MAIL_HOSTS = ("gmail.com", "gmail.com", "gmail.com", "yahoo.co.in", "outlook.com", "rediffmail.com")
_MOST_NAMES_ON_A_PHONE = 5
_OLDEST_DAYS, _YOUNGEST_DAYS = 1100, 190


@dataclass(slots=True)
class Household:
    """People under one roof."""

    region: Region
    surname: Word
    address: str
    area: Area
    shared_phone: str | None = None
    given_names: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Account:
    """One users document to be written for a person; an unused one is referenced nowhere."""

    kind: str = "main"  # or same_phone, same_email: the person signed up again
    is_used: bool = True


@dataclass(slots=True)
class Person:
    """Someone real, and which documents the existing database holds about him."""

    key: str
    name: TrueName
    phone: str
    second_phone: str
    email: str | None
    household: Household
    joined: int
    accounts: list[Account] = field(default_factory=list)
    customers: int = 0
    churned_customers: int = 0
    is_in_old_customers: bool = False
    is_silent: bool = False
    has_clean_phone: bool = False
    has_user_at_home: bool = True  # a users document of his own or of who shares his phone


class Block:
    """One self-contained part of a world: its chance, its ids and its phones."""

    def __init__(self, *, seed: int, number: int, as_of: int, preset: Preset) -> None:
        self.rng = Random(f"{seed}:{preset.name}:{number}")  # noqa: S311 - a world must come out the same again
        self.number, self.as_of, self.preset = number, as_of, preset
        self._machine = f"{self.rng.getrandbits(40):010x}"
        self._ids = self.rng.getrandbits(20)
        self._phones = self._people = number * _PHONES_PER_BLOCK
        self._names_on_phone: dict[str, set[str]] = {}

    def object_id(self, at: int) -> str:
        """A new ObjectId, in hex, of a document born at this time."""
        self._ids += 1
        return f"{at:08x}{self._machine}{self._ids:06x}"

    def uuid(self) -> str:
        """A new random UUID."""
        digits = f"{self.rng.getrandbits(128):032x}"
        variant = "89ab"[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def phone(self) -> str:
        """A phone nobody else in the world has."""
        while True:
            self._phones += 1
            digits = phone_number(self._phones)
            if not is_memorable(digits):
                return digits

    def household(self) -> Household:
        """A new family at a new address."""
        region = some_region(self.rng)
        area = some_area(self.rng)
        return Household(region, self.rng.choice(region.surnames), some_address(self.rng, area), area)

    def person(self, household: Household, *, has_email: float = 0.7) -> Person:
        """One more member of the household, with a phone of his own unless the household shares one."""
        rng = self.rng
        self._people += 1
        surname = household.surname if happens(rng, 0.9) else None
        name = some_name(rng, household.region, surname, household.given_names)
        return Person(
            key=f"p{self._people}",
            name=name,
            phone=household.shared_phone or self.phone(),
            second_phone=self.phone(),
            email=self._email(name) if happens(rng, has_email) else None,
            household=household,
            joined=self.as_of - rng.randrange(_YOUNGEST_DAYS, _OLDEST_DAYS) * DAY - rng.randrange(DAY),
        )

    def _email(self, name: TrueName) -> str:
        given, surname = name.given.spellings[0], name.surname.spellings[0]
        local = f"{given}.{surname}{self._people}".lower().replace(" ", "")
        return f"{local}@{self.rng.choice(_MAIL_HOSTS)}"

    def may_vary(self, phone: str, text: str) -> bool:
        """Whether one more way of writing a name keeps a phone's names few enough to be one family's."""
        names = self._names_on_phone.setdefault(phone, set())
        if text in names:
            return True
        if len(names) >= _MOST_NAMES_ON_A_PHONE:
            return False
        names.add(text)
        return True
