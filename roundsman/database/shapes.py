"""What the validators of collections are put together from."""

from roundsman.database.transaction import Document

ANY: Document = {}
TEXT: Document = {"bsonType": "string"}
NAME: Document = {"bsonType": "string", "minLength": 1}
OBJECT_ID: Document = {"bsonType": "objectId"}
DATE: Document = {"bsonType": "date"}
DAY: Document = {"bsonType": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
FLAG: Document = {"bsonType": "bool"}
NUMBER: Document = {"bsonType": ["int", "long", "double"]}
PAISE: Document = {"bsonType": ["int", "long"]}
COUNT: Document = {"bsonType": ["int", "long"], "minimum": 0}
BYTES: Document = {"bsonType": "binData"}


def one_of(*values: str) -> Document:
    """One of these words."""
    return {"enum": list(values)}


def list_of(items: Document) -> Document:
    """A list of such values, of any length."""
    return {"bsonType": "array", "items": items}


def object_with(required: Document, optional: Document | None = None) -> Document:
    """An object with at least the required fields; each field that is known has its shape."""
    return {"bsonType": "object", "required": list(required), "properties": {**required, **(optional or {})}}


def document_with(required: Document, optional: Document | None = None) -> Document:
    """The validator of a collection whose documents are such objects."""
    return {"$jsonSchema": object_with(required, optional)}


SOURCE: Document = object_with({"collection": TEXT, "id": TEXT, "sha256": BYTES})
"""Which document of which source something was made from."""
