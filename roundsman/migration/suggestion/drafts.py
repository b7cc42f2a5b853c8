"""A drafted profile as values: what was guessed, on what grounds, and what could not be told."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from roundsman.migration.profile import Kind, Path
from roundsman.migration.suggestion.kinds import KindGuess


@dataclass(frozen=True, slots=True)
class Guess:
    """Where a meaning stands; the share of documents that support it; the next best field with its share."""

    meaning: str
    paths: tuple[Path, ...]
    share: float
    runner_up: tuple[Path, float] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class WordGuess:
    """A word of the application, how often the samples have it, and ours if we know it."""

    word: str
    count: int
    ours: str | None


@dataclass(frozen=True, slots=True)
class LeftOver:
    """A field that was not understood: what its values are, and the share of documents that have it."""

    path: Path
    what: str
    share: float


@dataclass(frozen=True, slots=True)
class CollectionDraft:
    """One collection with all that was guessed of it. `to_do` are meanings that nothing was found for."""

    name: str
    documents: int
    sampled: int
    kind: KindGuess
    needs_profile: bool
    guesses: tuple[Guess, ...]
    to_do: tuple[str, ...]
    left_over: tuple[LeftOver, ...]
    words: Mapping[str, tuple[WordGuess, ...]] = field(default_factory=dict)

    def paths(self, meaning: str) -> tuple[Path, ...]:
        """Where the meaning was found; empty if it was not."""
        return next((guess.paths for guess in self.guesses if guess.meaning == meaning), ())


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A collection that was not understood, or is none of the things that Roundsman takes."""

    name: str
    documents: int
    why: str


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that was found out about a source."""

    source: str
    collections: tuple[CollectionDraft, ...]
    not_taken: tuple[NotTaken, ...]
    synthetic_emails: tuple[str, ...]

    def of_kind(self, kind: Kind) -> list[CollectionDraft]:
        """The collections of a kind."""
        return [one for one in self.collections if one.kind.kind is kind]
