"""Holding up work at a known place, so that a test can do something in the middle of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from roundsman.auth import wrapping
from roundsman.auth.passwords import Argon2Cost, wrap


@contextmanager
def wrapping_held_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """The first hash to be wrapped waits: `begun` when its batch has been read, until `go`."""
    begun, go = threading.Event(), threading.Event()

    def waiting(stored: str, cost: Argon2Cost) -> str:
        begun.set()
        go.wait()
        return wrap(stored, cost)

    monkeypatch.setattr(wrapping, "wrap", waiting)
    try:
        yield begun, go
    finally:
        go.set()
