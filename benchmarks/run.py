"""Run the benchmarks and renew the tables and the picture of speed: `python benchmarks/run.py`.

    python benchmarks/run.py                            # all of them; half an hour
    python benchmarks/run.py bench_torch bench_peers    # these; the results of others stay
    python benchmarks/run.py --pages                    # only the tables and the picture, from results.json

Each runs in a process of its own. One whose packages are missing is left out with a sentence, and the results
that were kept of it stay.
"""

import json
import multiprocessing
import os
import sys
from datetime import date
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import machine, python_version, system
from typing import Any

import growth_picture
import speed_tables
from measuring import Row, left_out, line

PACKAGES = ("torch", "jax", "optax", "flax", "timm", "transformers", "lark")


def measured(name: str) -> list[Row]:
    """Run a benchmark, and print its rows as they come; no rows if its packages are missing."""
    print(f"\n{name}", flush=True)
    found = []
    try:
        for row in import_module(name).rows():
            print(line(row), flush=True)
            found.append(row)
    except ModuleNotFoundError as error:
        left_out(error)
        return []
    return found


def processor() -> str:
    """Return the name of the processor, as Linux has it."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else machine()


def run() -> dict[str, Any]:
    """Return what is to be known about a run: date, machine and versions."""
    versions = {"Python": python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue  # its benchmarks are left out
    return {
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores ({processor()}), {system()}",
        "versions": versions,
    }


def main(*arguments: str) -> None:
    """Run what the command line names, or everything."""
    names = [name.removesuffix(".py") for name in arguments if name != "--pages"]
    if unknown := set(names).difference(speed_tables.TITLES):
        sys.exit(
            f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(speed_tables.TITLES)}"
        )
    results = speed_tables.load() if speed_tables.RESULTS.exists() else {}
    for name in names or ([] if "--pages" in arguments else speed_tables.TITLES):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            rows = pool.apply(measured, (name,))
        if rows:
            results[name] = {"run": run(), "rows": [row._asdict() for row in rows]}
            speed_tables.RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    speed_tables.write(results)
    if "bench_growth" in names or not names:
        try:
            growth_picture.write(results)
        except ModuleNotFoundError as error:
            left_out(error)


if __name__ == "__main__":
    main(*sys.argv[1:])
