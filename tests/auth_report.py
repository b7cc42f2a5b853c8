"""The audit of a Roundsman as it is installed, which docs/reports holds; `make docs` writes it anew."""

import asyncio
import sys
import tempfile
from pathlib import Path

from roundsman.cli.auth import audited
from roundsman.security_review.page import audit_page
from roundsman.settings import Settings


async def _main() -> str:
    with tempfile.TemporaryDirectory(prefix="roundsman-report-") as folder:
        return audit_page(await audited(Settings(data_dir=Path(folder) / "data")))


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(_main()))
