"""A person in the pipeline, as a value: his lifecycle, and what is known of him besides."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from roundsman.activation.lifecycle import Lifecycle
from roundsman.calendar import day_of, week_of
from roundsman.ids import UserId


@dataclass(frozen=True, slots=True)
class Traits:
    """By what people are told apart in reports: where they live, and how they came (self, staff, import)."""

    area: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Tracked:
    """A stored lifecycle: whose, its state, and what is known besides.

    `seq` counts its writes; 0 is one that is not stored yet. `waiting_at` is the first fact that lies ahead.
    `pending_days` are the sign-up days that the rollups have to count again because of it.
    """

    user_id: UserId
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    seq: int = 0
    policy_version: int = 1
    traits: Traits = field(default_factory=Traits)
    waiting_at: datetime | None = None
    login_unknown: bool = False
    pending_days: tuple[str, ...] = ()

    @property
    def due_at(self) -> datetime | None:
        """When time moves it next."""
        known = [at for at in (self.lifecycle.next_transition_at, self.waiting_at) if at is not None]
        return min(known, default=None)

    @property
    def signup_day(self) -> str | None:
        """The Indian day he signed up on."""
        at = self.lifecycle.signup_at
        return None if at is None else day_of(at).isoformat()

    @property
    def signup_week(self) -> str | None:
        """The Monday of the week he signed up in."""
        at = self.lifecycle.signup_at
        return None if at is None else week_of(day_of(at)).isoformat()


def with_pending(tracked: Tracked, before: Tracked) -> Tracked:
    """Have the rollups count again the sign-up days a write concerns: that of before, and that of now."""
    days = {*before.pending_days, before.signup_day, tracked.signup_day} - {None}
    return replace(tracked, pending_days=tuple(sorted(day for day in days if day)))
