"""What request and answer models have in common, and the errors a route documents."""

from http import HTTPStatus
from typing import Annotated, Any

from bson import ObjectId
from fastapi import Path
from pydantic import BaseModel, ConfigDict, PlainSerializer, PlainValidator, StringConstraints, WithJsonSchema

from roundsman.web.documentation import PROBLEM_CONTENT


def _object_id(text: object) -> ObjectId:
    if not isinstance(text, str) or not ObjectId.is_valid(text):
        raise ValueError("an id has 24 hexadecimal digits")
    return ObjectId(text)


Id = Annotated[
    ObjectId,
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{24}$", "examples": ["69a3d7f0c2a4e5b6d7e8f901"]}),
]
"""An id in an answer: 24 hexadecimal digits."""

IdInPath = Annotated[
    ObjectId,
    PlainValidator(_object_id),
    WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{24}$", "examples": ["69a3d7f0c2a4e5b6d7e8f901"]}),
    Path(),
]
"""An id in an address, read as one."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""A text of one line in a request: spaces around it do not count, and it is not empty."""


class RequestModel(BaseModel):
    """A request body: unknown fields are refused, so that nobody sets what a route does not offer."""

    model_config = ConfigDict(extra="forbid")


class AnswerModel(BaseModel):
    """An answer, made from the value of the same field names."""

    model_config = ConfigDict(from_attributes=True, arbitrary_types_allowed=True)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the refusals a route knows, besides the 503 of every route that reads the database."""
    return {
        status: {"description": HTTPStatus(status).phrase, "content": PROBLEM_CONTENT} for status in (*statuses, 503)
    }
