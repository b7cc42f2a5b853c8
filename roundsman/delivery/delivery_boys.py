"""Delivery boys' profiles as values."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from roundsman.errors import Conflict
from roundsman.ids import DeliveryBoyId, UserId


class DeliveryBoyStatus(StrEnum):
    """Whether he can be given deliveries."""

    ACTIVE = "active"
    ON_LEAVE = "on_leave"
    SUSPENDED = "suspended"
    LEFT = "left"


class NoRound(Conflict):
    """Who asks for his round, or tells of it, is suspended or has left."""

    code = "no_round"


class DeliveryBoyGone(Conflict):
    """The delivery boy is suspended or has left: nothing new is given to him."""

    code = "delivery_boy_gone"


@dataclass(frozen=True, slots=True)
class DeliveryBoy:
    """The profile of a delivery boy; each user has at most one."""

    id: DeliveryBoyId
    user_id: UserId
    name: str
    status: DeliveryBoyStatus
    areas: tuple[str, ...]
    created_at: datetime
    created_by: str
    phone: str | None = None
    email: str | None = None

    @property
    def is_at_work(self) -> bool:
        """Whether what is his to bring is expected of him; else it is nobody's until somebody else is told to."""
        return self.status is DeliveryBoyStatus.ACTIVE


_GONE: Final = frozenset({DeliveryBoyStatus.SUSPENDED, DeliveryBoyStatus.LEFT})


def require_round(boy: DeliveryBoy) -> None:
    """Go on only where a delivery boy may see his round and tell of it. Raises NoRound."""
    if boy.status in _GONE:
        raise NoRound("You are suspended or have left, and have no round. Ask the office")


@dataclass(frozen=True, slots=True)
class DeliveryBoyEdit:
    """What a profile is to say from now on; what is None stays."""

    name: str | None = None
    areas: tuple[str, ...] | None = None


def edited(boy: DeliveryBoy, edit: DeliveryBoyEdit) -> DeliveryBoy:
    """The profile after an edit."""
    areas = boy.areas if edit.areas is None else edit.areas
    return replace(boy, name=edit.name or boy.name, areas=areas)


def require_here(boy: DeliveryBoy) -> None:
    """Go on only where something may be given to a delivery boy to bring. Raises DeliveryBoyGone."""
    if boy.status in _GONE:
        raise DeliveryBoyGone("He is suspended or has left: choose another one, or say that he is active again")
