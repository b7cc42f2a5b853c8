"""The data cleanup report of a generated business, which docs/reports holds.

`make docs` writes it anew. Everything in it follows from the generator's seed and the as-of time, so it changes only when
the rules, the report or the generator do.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from roundsman.migration.generator.generating import World, generate
from roundsman.migration.inspection.inspector import inspect_source
from roundsman.migration.report import markdown
from roundsman.migration.reporting import gather_report
from roundsman.migration.sources.folder import FolderSource
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings
from tests.imports import Import

WORLD = World("plan", scale=0.5)
"""Half the plan's size: the whole of it would take the tests twice as long and say the same."""


async def demo_report(runtime: Runtime, folder: Path) -> str:
    """Generate the business, import it into an empty Roundsman, and report."""
    generate(folder, WORLD)
    importing = Import(runtime, FolderSource(folder))
    await importing.run()
    before = await inspect_source(importing.source, importing.profile)
    return markdown(await gather_report(runtime.tx, await importing.verify(), before=before))


async def _main() -> str:
    with tempfile.TemporaryDirectory(prefix="roundsman-report-") as folder:
        async with open_runtime(Settings(data_dir=Path(folder) / "data")) as runtime:
            return await demo_report(runtime, Path(folder) / "world")


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(_main()))
