import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundsman.migration import sealing
from roundsman.migration.sealing import CopyDamaged, Seal, sha256

KEY, OTHER_KEY = bytes(range(64)), bytes(range(1, 65))
PLAIN = sha256(b"plain")
DOCUMENT = "users:6abef4005feceb66ffc86f38"


@given(st.binary())
def test_what_is_sealed_opens_to_the_same_bytes_and_seals_alike_every_time(plain: bytes) -> None:
    parts = Seal(KEY).close(DOCUMENT, plain)

    assert Seal(KEY).open(DOCUMENT, parts, digest=sha256(plain)) == plain
    assert Seal(KEY).close(DOCUMENT, plain) == parts


def test_a_seal_shows_nothing_of_what_it_holds() -> None:
    assert all(b"secret" not in part for part in Seal(KEY).close(DOCUMENT, b"secret" * 10))


def test_a_copy_opens_only_with_its_key_and_as_its_own_document() -> None:
    parts = Seal(KEY).close(DOCUMENT, b"plain")

    with pytest.raises(CopyDamaged):
        Seal(OTHER_KEY).open(DOCUMENT, parts, digest=PLAIN)
    with pytest.raises(CopyDamaged):
        Seal(KEY).open("users:another", parts, digest=PLAIN)


def test_a_changed_byte_is_noticed() -> None:
    (part,) = Seal(KEY).close(DOCUMENT, b"plain")
    for damaged in (part[:-1] + bytes([part[-1] ^ 1]), part[:-1], b""):
        with pytest.raises(CopyDamaged):
            Seal(KEY).open(DOCUMENT, [damaged], digest=PLAIN)


def test_a_large_copy_is_kept_in_parts_whose_order_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "PART_BYTES", 4)
    parts = Seal(KEY).close(DOCUMENT, b"ten bytes!")

    assert len(parts) == 3
    assert Seal(KEY).open(DOCUMENT, parts, digest=sha256(b"ten bytes!")) == b"ten bytes!"
    with pytest.raises(CopyDamaged):
        Seal(KEY).open(DOCUMENT, parts[::-1], digest=sha256(b"ten bytes!"))
    other = Seal(KEY).close(DOCUMENT, b"ten other.")
    with pytest.raises(CopyDamaged, match="not what was taken"):
        Seal(KEY).open(DOCUMENT, [*parts[:1], *other[1:]], digest=sha256(b"ten bytes!"))
