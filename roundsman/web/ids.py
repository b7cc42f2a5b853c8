"""Ids in what is sent: 24 hexadecimal digits, read as one."""

from typing import Annotated

from bson import ObjectId
from fastapi import Path
from pydantic import PlainValidator, WithJsonSchema


def _object_id(text: object) -> ObjectId:
    if not isinstance(text, str) or not ObjectId.is_valid(text):
        raise ValueError("an id has 24 hexadecimal digits")
    return ObjectId(text)


IdInBody = Annotated[
    ObjectId,
    PlainValidator(_object_id),
    WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{24}$", "examples": ["69a3d7f0c2a4e5b6d7e8f901"]}),
]
"""An id in a request, read as one."""

IdInPath = Annotated[IdInBody, Path()]
"""An id in an address, read as one."""
