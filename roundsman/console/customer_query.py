"""What was asked of the list of customers, as it stands in its address: the names are those of the API."""

from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic import Field as Described

from roundsman.activation.figures import Slice
from roundsman.activation.lifecycle import ActivationStatus
from roundsman.activation.listing import Wanted
from roundsman.activation.tallies import Step

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class CustomersQuery(BaseModel):
    """Who is looked for; an empty field of the form is none."""

    model_config = ConfigDict(frozen=True)

    q: Text | None = None
    status: list[ActivationStatus] = Described(default=[], max_length=6)
    area: Text | None = None
    channel: Text | None = None
    at_risk: bool = False
    overdue: bool = False
    payment_failed: bool = False
    payment_missing: bool = False
    step: Step | None = None
    without_step: Step | None = None
    signed_up_first: date | None = None
    signed_up_last: date | None = None
    on: date | None = None
    before: list[ActivationStatus] = Described(default=[], max_length=6)
    since: date | None = None
    after: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, sent: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in sent.items() if value not in ("", [""], None)}

    @property
    def wanted(self) -> Wanted:
        """The same as a value; whom `q` means is for the search."""
        asked = self.model_dump(exclude={"q", "area", "channel", "status", "before", "after"})
        return Wanted(
            **asked, statuses=tuple(self.status), before=tuple(self.before), of=Slice(self.area, self.channel)
        )

    @property
    def is_anything(self) -> bool:
        """Whether anything was asked at all."""
        return bool(self.model_dump(exclude={"after"}, exclude_defaults=True))

    @property
    def further(self) -> int:
        """How many of those filters are set that are seldom needed."""
        return sum(
            value is not None for value in (self.step, self.without_step, self.signed_up_first, self.signed_up_last)
        )

    def address(self, path: str, **changed: str | None) -> str:
        """Give the address at which the same is asked, or something else in one respect."""
        asked = self.model_dump(mode="json", exclude_defaults=True) | changed
        given = {name: "true" if value is True else value for name, value in asked.items() if value not in (None, [])}
        return f"{path}?{urlencode(given, doseq=True)}" if given else path
