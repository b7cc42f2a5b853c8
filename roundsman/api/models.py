"""What request and answer models have in common, and the errors a route documents."""

import re
from http import HTTPStatus
from typing import Annotated, Any, Final, Self

from bson import ObjectId
from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from roundsman.web import ids
from roundsman.web.documentation import PROBLEM_CONTENT

Id = Annotated[
    ObjectId,
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{24}$", "examples": ["69a3d7f0c2a4e5b6d7e8f901"]}),
]
"""An id in an answer: 24 hexadecimal digits."""

IdInBody = ids.IdInBody
IdInPath = ids.IdInPath

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""A text of one line in a request: spaces around it do not count, and it is not empty."""

KEPT_FOR_GOOD: Final = (
    "Why. The audit log keeps it for good, also when the person closes his account: write no names, phones or e-mails."
)
"""What a field for a reason says, because nothing can be taken out of a sealed log."""

_HALF_CHARACTER: Final = re.compile(r"[\ud800-\udfff]")


class RequestModel(BaseModel):
    """A request body or query: unknown fields are refused, so that nobody sets what a route does not offer."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _no_half_characters(cls, given: object) -> object:
        """Refuse what JSON can spell and no encoding can write; pydantic looks for it in texts, not in secrets."""
        if isinstance(given, str) and _HALF_CHARACTER.search(given):
            raise PydanticCustomError("string_unicode", "This is not text: it holds half of a character.")
        return given

    @model_validator(mode="wrap")
    @classmethod
    def _name_what_there_is(cls, given: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401  anything
        """Tell who names an unknown field which fields there are."""
        try:
            return validate(given)
        except ValidationError as error:
            known = f"There is no such field here; there are: {', '.join(cls.model_fields)}."
            raise ValidationError.from_exception_data(
                cls.__name__, [_retold(one, known) for one in error.errors(include_url=False)]
            ) from None


class AnswerModel(BaseModel):
    """An answer, made from the value of the same field names."""

    model_config = ConfigDict(from_attributes=True, arbitrary_types_allowed=True)


def _retold(error: ErrorDetails, known: str) -> InitErrorDetails:
    """The same error; that of an unknown field, at this level, with what is known."""
    is_unknown = error["type"] == "extra_forbidden" and len(error["loc"]) == 1
    told = PydanticCustomError(error["type"], known if is_unknown else error["msg"])
    return InitErrorDetails(type=told, loc=error["loc"], input=error["input"])


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the refusals a route knows, besides the 503 of every route that reads the database."""
    return {
        status: {"description": HTTPStatus(status).phrase, "content": PROBLEM_CONTENT} for status in (*statuses, 503)
    }
