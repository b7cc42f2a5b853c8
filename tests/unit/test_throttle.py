from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundsman.auth.limits import Limit
from roundsman.auth.throttle import Backoff, SignInThrottle, subscriber_of

BACKOFFS = st.builds(
    Backoff,
    free=st.integers(0, 20),
    first=st.timedeltas(timedelta(milliseconds=1), timedelta(minutes=1)),
    longest=st.timedeltas(timedelta(minutes=1), timedelta(days=1)),
)


def test_the_numbers_are_those_of_the_specification() -> None:
    seconds = [Backoff().delay_after(failures).total_seconds() for failures in range(18)]
    assert seconds == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    throttle = SignInThrottle()
    assert throttle.backoff.until_disabled == 100
    assert throttle.per_address == Limit("sign_in_address", 10, timedelta(minutes=5))
    assert throttle.in_all == Limit("sign_in_all", 1000, timedelta(minutes=5))


@given(BACKOFFS, st.integers(0, 10**9))
def test_waits_never_shrink_never_exceed_the_longest_and_double_in_between(backoff: Backoff, failures: int) -> None:
    wait, next_wait = backoff.delay_after(failures), backoff.delay_after(failures + 1)
    assert wait <= next_wait <= backoff.longest
    assert (wait == timedelta()) == (failures < backoff.free)
    if timedelta() < next_wait < backoff.longest and wait:
        assert next_wait == 2 * wait


@given(BACKOFFS, st.integers(0, 10**6))
def test_the_table_of_waits_says_the_same_as_the_rule(backoff: Backoff, failures: int) -> None:
    delays = backoff.delays()
    after = max(failures, backoff.free)
    assert delays[min(after - backoff.free, len(delays) - 1)] == backoff.delay_after(after)
    assert delays[-1] == backoff.longest


@given(BACKOFFS)
def test_guessing_without_end_is_bounded_by_the_longest_wait(backoff: Backoff) -> None:
    """Whoever tries as often as he may for a day gets no more tries than the sum of the waits allows."""
    waited, tries = timedelta(), 0
    while waited < timedelta(days=1) and tries < 1000:
        waited += backoff.delay_after(tries + 1)
        tries += 1
    steps = backoff.free + len(backoff.delays())
    assert tries <= min(1000, steps + timedelta(days=1) // backoff.longest + 1)


@pytest.mark.parametrize(
    ("address", "subscriber"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        (None, "unknown"),
        ("testclient", "testclient"),
    ],
)
def test_an_address_stands_for_a_subscriber(address: str | None, subscriber: str) -> None:
    assert subscriber_of(address) == subscriber
