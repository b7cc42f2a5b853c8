"""Forms as models: what is told to who sent one that is not as it has to be."""

from datetime import date
from typing import Self

import pytest
from pydantic import BaseModel, model_validator

from roundsman.console.forms import InvalidForm, model_of, refused


class Away(BaseModel):
    """The days on which nobody is at home."""

    first: date
    last: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("The last day comes before the first")
        return self


def test_what_is_wrong_with_fields_is_said_of_each() -> None:
    with pytest.raises(InvalidForm) as caught:
        model_of(Away, {"first": "tomorrow", "last": ""})
    assert caught.value.wrong == {
        "first": "This is not a day: type it like 2026-11-24.",
        "last": "This is needed.",
    }
    assert caught.value.message == "Something is missing or not right below."


def test_what_is_wrong_with_all_fields_together_is_said_of_the_form() -> None:
    sent = {"first": "2026-11-24", "last": "2026-11-23"}
    with pytest.raises(InvalidForm) as caught:
        model_of(Away, sent)
    form = refused(sent, caught.value)
    assert (form.values, form.wrong, form.status) == (sent, {}, 422)
    assert form.trouble == "The last day comes before the first."
