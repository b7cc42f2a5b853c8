"""An end to waiting for a database that is there but does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager

import pymongo


@contextmanager
def answer_within(seconds: float) -> Iterator[None]:
    """Let everything that is asked of the database inside take so long together.

    What takes longer raises one of the driver's errors for a database that is away. Without this, a server that hangs
    instead of ending is noticed only after more than half a minute.
    """
    with pymongo.timeout(seconds):
        yield
