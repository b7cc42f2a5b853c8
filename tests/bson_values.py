"""Whatever a document may hold where a phone, an e-mail or a name is expected."""

from datetime import UTC
from decimal import Decimal

from bson import Binary, Decimal128, Int64, ObjectId, Regex, Timestamp
from hypothesis import strategies as st

bson_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.text(),
    st.binary(),
    st.floats(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**63), 2**63 - 1).map(Int64),
    st.decimals(places=3, allow_nan=False, min_value=-(10**12), max_value=10**12).map(Decimal128),
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(
        [
            Decimal128("NaN"),
            Decimal128("sNaN"),
            Decimal128("-Infinity"),
            Decimal128("9E+6144"),
            Decimal128("1E-6176"),
            Decimal("1E+999999"),
            ObjectId("0123456789ab0123456789ab"),
            Regex("^9"),
            Timestamp(1, 1),
            Binary(b"9876501235", 4 + 128),
        ]
    ),
)
bson_values = st.recursive(
    bson_scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
