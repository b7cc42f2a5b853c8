"""What somebody sends who hopes that it becomes part of a query: as a value, as a name, as an id, as a pattern."""

from dataclasses import dataclass
from typing import Final

_QUERYING: Final = (
    "$ne $gt $gte $lt $lte $in $nin $exists $type $not $or $and $nor $where $expr $function $jsonSchema $elemMatch $size "
    "$all $mod $text"
)
_WRITING: Final = "$set $unset $inc $rename $push $pull $setOnInsert $lookup $out $merge $eval"
_ID: Final = "0" * 24


@dataclass(frozen=True, slots=True)
class Payload:
    """What takes the place of a field: under its own name, or under one made from it."""

    value: object
    name: str = "{field}"


ONE_OF_EACH: Final = (
    Payload({"$ne": None}),
    Payload("", name="{field}[$ne]"),
    Payload("1", name="{field}.$where"),
    Payload({"$oid": _ID}),
    Payload({"$regex": ".*"}),
    Payload('{"$gt": "\0"}'),
    Payload("\ud800"),
)
"""Of each class one: operator as a value, in brackets, in a name, what looks like an id, pattern, text, half a character."""


_NAMES: Final = (
    *(f"{{field}}[{operator}]" for operator in ("$gt", "$in", "$regex", "$exists", "$or")),
    *("$where", "$or", "{field}.", "{field}.a", "$", "{field}[]", "__proto__"),
)
_VALUES: Final[tuple[object, ...]] = (
    *({operator: 1} for operator in f"{_QUERYING} {_WRITING}".split()),
    *({"$oid": {"$ne": 1}}, {"_bsontype": "ObjectId", "id": _ID}, [{"$oid": _ID}]),
    *({"$date": 0}, {"$numberLong": "1"}, {"$binary": {"base64": "", "subType": "00"}}),
    *(".*", "^", "(a+)+$", "/.*/i", {"$regex": "^", "$options": "i"}, [{"$regex": ""}]),
    *("$ne", "a.b", "'; return true; //", "\0", "a\udfff", True, 0, ["a"], {}, 1e400),
)
MANY: Final = (*ONE_OF_EACH, *map(Payload, _VALUES), *(Payload("1", name) for name in _NAMES))
"""All that is tried where there is time for it."""
