"""Throwing dice in words."""

from collections.abc import Mapping
from random import Random
from typing import TypeVar

Choice = TypeVar("Choice")


def happens(rng: Random, probability: float) -> bool:
    """Whether something of this probability comes true this time."""
    return rng.random() < probability


def pick(rng: Random, shares: Mapping[Choice, float]) -> Choice:
    """One of the choices, each as likely as its share says; shares need not add up to anything."""
    return rng.choices(tuple(shares), weights=tuple(shares.values()))[0]
