"""Addresses of sources that were mistyped: one sentence, and never the password."""

import pytest

from roundsman.migration.sources.opening import open_source
from roundsman.migration.sources.port import SourceUnreadable
from roundsman.migration.write_back.target import WriteBackTarget


@pytest.mark.parametrize("opened", [open_source, WriteBackTarget])
@pytest.mark.parametrize(
    "address",
    [
        "mongodb://user:open/sesame@host/db",
        "mongodb://user:sesame@/db",
        "MongoDB://user:sesame@host/db",
        "mongodb://user:open@sesame@host/db",
        "mongodb://user:sesame@host:port/db",
        "mongodb:user:sesame@host/db",
        " mongodb://user:sesame@host/db",
        "mongodb://user:sesame@host",
    ],
)
def test_a_mistyped_address_is_told_without_its_password(opened: type, address: str) -> None:
    with pytest.raises(SourceUnreadable) as refused:
        opened(address)

    assert "sesame" not in refused.value.message
