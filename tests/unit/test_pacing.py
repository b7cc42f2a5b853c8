import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roundsman.errors import NotAuthenticated
from roundsman.web.pacing import STEP_SECONDS, failures_at_whole_steps, seconds_to_wait


@given(st.floats(min_value=0, max_value=60))
@settings(deadline=None)
def test_a_failure_is_answered_at_a_whole_step_after_its_arrival(elapsed: float) -> None:
    wait = seconds_to_wait(elapsed)
    steps = (elapsed + wait) / STEP_SECONDS
    assert wait >= 0
    assert round(steps) >= 1
    assert steps == pytest.approx(round(steps))


@given(st.floats(min_value=0.001, max_value=STEP_SECONDS - 0.001))
@settings(deadline=None)
def test_within_one_step_all_failures_are_answered_at_the_same_moment(elapsed: float) -> None:
    assert elapsed + seconds_to_wait(elapsed) == pytest.approx(STEP_SECONDS)


async def test_a_failure_is_held_back_and_still_raised() -> None:
    with pytest.raises(NotAuthenticated):
        async with failures_at_whole_steps():
            raise NotAuthenticated("no")
