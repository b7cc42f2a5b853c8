"""Looking for reference cycles seldom while an import runs.

Records and rows hold no cycles, but there are so many of them that Python's search takes a fifth of the time when it
starts, as usual, after every 700 new objects.
"""

import gc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_SELDOM = (100_000, 50, 100)


def seldom_collected(work: Callable[Arguments, Awaitable[Result]]) -> Callable[Arguments, Awaitable[Result]]:
    """Run an asynchronous function with the search made rare; afterwards it is as it was before."""

    @wraps(work)
    async def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with seldom_collected_now():
            return await work(*args, **kwargs)

    return run


@contextmanager
def seldom_collected_now() -> Iterator[None]:
    """Make the search rare while the block runs."""
    usual = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
