"""People's names and the ways clerks write them; the words stand in `names.txt` beside this module."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

from roundsman.migration.generator.chance import happens, pick

_TITLES = ("Mr. ", "Mr ", "Shri ", "Sri ", "Dr. ", "Er. ")
_TITLES_OF_WOMEN = ("Mrs. ", "Mrs ", "Smt. ", "Smt ", "Ms. ", "Dr. ", "Selvi ")
_REGIONS = {"hi": 55, "ta": 15, "te": 11, "kn": 10, "bn": 9}
_MIDDLE_NAMES = ("Kumar", "Lal", "Devi", "Prasad", "Bai")


@dataclass(frozen=True, slots=True)
class Word:
    """One name of a person: its Latin spellings, the usual one first, and how its own script writes it."""

    spellings: tuple[str, ...]
    native: str


@dataclass(frozen=True, slots=True)
class TrueName:
    """What a person is really called."""

    given: Word
    surname: Word
    is_woman: bool

    @property
    def full(self) -> str:
        """The name as the person writes it."""
        return f"{self.given.spellings[0]} {self.surname.spellings[0]}"


@dataclass(frozen=True, slots=True)
class Region:
    """Names that occur together."""

    men: tuple[Word, ...]
    women: tuple[Word, ...]
    surnames: tuple[Word, ...]


@cache
def regions() -> Mapping[str, Region]:
    """Every region's names, by its language."""
    words: dict[tuple[str, str], list[Word]] = {}
    text = files(__package__).joinpath("names.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            region, kind, spellings, native = line.split()
            word = Word(tuple(spellings.replace("_", " ").split(",")), native)
            words.setdefault((region, kind), []).append(word)
    return {
        region: Region(tuple(words[region, "m"]), tuple(words[region, "f"]), tuple(words[region, "s"]))
        for region in _REGIONS
    }


def some_region(rng: Random) -> Region:
    """A region by its share of the customers."""
    return regions()[pick(rng, _REGIONS)]


def some_name(rng: Random, region: Region, surname: Word | None, taken: set[str]) -> TrueName:
    """A name for one more member of a household: a given name nobody there has, nearly always with a new initial.

    Two people of one name and one phone could not be told apart by anybody, so there are none.
    """
    is_woman = happens(rng, 0.5)
    pool = region.women if is_woman else region.men
    initials = {name[0] for name in taken}
    free = [word for word in pool if word.spellings[0] not in taken]
    distinct = [word for word in free if word.spellings[0][0] not in initials]
    given = rng.choice((distinct if happens(rng, 0.85) else free) or free or pool)
    taken.add(given.spellings[0])
    return TrueName(given, surname or rng.choice(region.surnames), is_woman)


def cased(rng: Random, text: str) -> str:
    """The same name as hurried fingers type it."""
    return pick(rng, {text: 89, text.upper(): 5, text.lower(): 4, f"{text} ": 2})


def varied(rng: Random, name: TrueName) -> str:
    """The same person's name as another clerk wrote it."""
    return pick(rng, _VARIATIONS)(rng, name)


def _in_other_order(rng: Random, name: TrueName) -> str:
    given, surname = name.given.spellings[0], name.surname.spellings[0]
    return rng.choice((f"{surname} {given}", f"{surname}, {given}"))


def _with_title(rng: Random, name: TrueName) -> str:
    return rng.choice(_TITLES_OF_WOMEN if name.is_woman else _TITLES) + name.full


def _spaced(rng: Random, name: TrueName) -> str:
    return name.full.replace(" ", rng.choice(("  ", ".", "\u00a0")))


def _in_own_script(_rng: Random, name: TrueName) -> str:
    return f"{name.given.native} {name.surname.native}"


def _respelled(rng: Random, name: TrueName) -> str:
    return f"{rng.choice(name.given.spellings[1:])} {rng.choice(name.surname.spellings)}"


def _with_initial(rng: Random, name: TrueName) -> str:
    given, surname = name.given.spellings[0], name.surname.spellings[0]
    return rng.choice((f"{given[0]}. {surname}", f"{given[0]} {surname}", f"{given} {surname[0]}"))


def _given_only(_rng: Random, name: TrueName) -> str:
    return name.given.spellings[0]


def _mistyped(rng: Random, name: TrueName) -> str:
    """One letter lost, doubled, or swapped with the next."""
    text = name.full
    at = rng.randrange(1, len(text) - 1)
    swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return rng.choice((text[:at] + text[at + 1 :], text[: at + 1] + text[at:], swapped))


def _with_middle_name(rng: Random, name: TrueName) -> str:
    given, surname = name.given.spellings[0], name.surname.spellings[0]
    return f"{given} {rng.choice(_MIDDLE_NAMES)} {surname}"


_VARIATIONS: Mapping[Callable[[Random, TrueName], str], float] = {
    _in_other_order: 10,
    _with_title: 14,
    _spaced: 6,
    _in_own_script: 12,
    _respelled: 16,
    _with_initial: 17,
    _given_only: 15,
    _mistyped: 7,
    _with_middle_name: 3,
}
