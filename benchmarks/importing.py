"""One import in a process of its own, so that its memory can be told from that of the benchmark.

`migrate.py` calls `main` in a new interpreter, with FOLDER SOURCE TARGET as its arguments.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

from roundsman.clock import utc_now
from roundsman.database.embedded import embedded_server
from roundsman.migration.apply import Means, apply_plan
from roundsman.migration.planner import make_plan
from roundsman.migration.profile import builtin_profile
from roundsman.migration.sealing import Seal
from roundsman.migration.sources.opening import open_source
from roundsman.runtime import open_runtime
from roundsman.settings import Settings

CACHE_GB = 1.5
"""What MongoDB takes by itself on a machine of 4 GB, for whatever is compared."""
PROFILE = "earlybird"


def main() -> None:
    """Import, and print seconds and kilobytes as JSON."""
    folder, source, target = sys.argv[1:]
    print(json.dumps(asyncio.run(_import(Path(folder), source, target))))


async def _import(folder: Path, source_name: str, target_name: str) -> Mapping[str, float]:
    profile, settings = builtin_profile(PROFILE), Settings(data_dir=folder, database_name=target_name)
    async with embedded_server(folder, cache_gb=CACHE_GB) as uri, open_runtime(settings) as runtime:
        source = open_source(urlsplit(uri)._replace(path=f"/{source_name}").geturl())
        start = perf_counter()
        header = await make_plan(runtime.tx, source, profile, as_of=utc_now())
        planned = perf_counter()
        await apply_plan(runtime.tx, source, profile, header.digest, Means(Seal(runtime.sealing_key), utc_now))
        applied = perf_counter()
        await source.close()
        return {
            "plan_seconds": planned - start,
            "apply_seconds": applied - planned,
            "peak_kilobytes": _peak_kilobytes(),
        }


def _peak_kilobytes() -> int:
    """The high-water marks of this process and those that help it; getrusage would count the parents' memory in."""
    helpers = Path(f"/proc/self/task/{os.getpid()}/children").read_text("utf-8").split()
    statuses = [Path(f"/proc/{process}/status").read_text("utf-8") for process in ("self", *helpers)]
    marks = (line for status in statuses for line in status.splitlines() if line.startswith("VmHWM"))
    return sum(int(mark.split()[1]) for mark in marks)
