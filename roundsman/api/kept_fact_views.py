"""How facts are shown that are kept for people to look at; the command line prints the same as JSON."""

from datetime import datetime

from pydantic import Field

from roundsman.activation.facts import FactType
from roundsman.api.models import AnswerModel, Id


class KeptFactView(AnswerModel):
    """A fact that changed nothing."""

    type: FactType
    source_id: str
    occurred_at: datetime
    recorded_at: datetime
    amount_paise: int
    user_id: Id | None
    subject: str | None = Field(description="As he was called, if not known.")
    counts_at: datetime | None = Field(description="When, by what was told first.")
    counts_of: Id | None


class KeptFactsView(AnswerModel):
    """Some of them, and how many there are."""

    total: int
    facts: list[KeptFactView]
