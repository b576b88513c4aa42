"""Run the benchmarks and renew the tables and the picture of speed: `python benchmarks/run.py --help`.

Each runs in a process of its own. One whose packages are missing is left out with a line that says what to
install, and the results that were kept of it stay.
"""

import argparse
import json
import multiprocessing
import os
import sys
from datetime import date
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import machine, python_version, system
from typing import Any

import growth_picture
import speed_tables
from measuring import NotInstalled, Row, line, needed

HERE = Path(__file__).parent
PACKAGES = ("torch", "jax", "optax", "flax", "timm", "transformers", "lark")


def measured(name: str) -> list[Row]:
    """Run a benchmark, and print its rows as they come; no rows if a package is missing."""
    print(f"\n{name}", flush=True)
    found = []
    try:
        with needed():
            for row in import_module(name).rows():
                print(line(row), flush=True)
                found.append(row)
    except NotInstalled as error:
        print(error, file=sys.stderr, flush=True)
        return []
    return found


def measured_apart(name: str) -> list[Row]:
    """Run a benchmark in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measured, (name,))


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


def benchmark(text: str) -> str:
    """Return the benchmark that a word of the command line names: `bench_torch`, its file, or `torch`."""
    short = Path(text).name.removesuffix(".py").removeprefix("bench_")
    name = f"bench_{short}"
    if name in speed_tables.TITLES:
        return name
    if (HERE / f"{name}.py").exists():
        raise argparse.ArgumentTypeError(f"{name} has no table: run `python benchmarks/{name}.py`")
    names = {known.removeprefix("bench_"): known for known in speed_tables.TITLES}
    close = get_close_matches(short, names, 1, 0.7)
    help = f"did you mean {names[close[0]]}?" if close else f"there are {', '.join(names.values())}"
    raise argparse.ArgumentTypeError(f"no benchmark is called {text}: {help}")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    titles = "\n".join(f"  {name:18} {title}" for name, title in speed_tables.TITLES.items())
    found = argparse.ArgumentParser(
        "python benchmarks/run.py",
        description="Run benchmarks, keep their results in benchmarks/results.json, and write the tables of\n"
        "README.md and docs/speed.md. `python benchmarks/bench_torch.py` only prints.",
        epilog=f"""\
benchmarks, with their headings in docs/speed.md:
{titles}

Install what they measure with: pip install -e ".[bench]"
""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument(
        "names",
        nargs="*",
        type=benchmark,
        metavar="BENCHMARK",
        help="which ones, by name or file; results of others stay. By default all, which takes half an hour",
    )
    found.add_argument(
        "--pages", action="store_true", help="measure nothing, and write the pages from the kept results"
    )
    return found


def main(*arguments: str) -> int:
    """Run what the command line names, or everything; return 1 if something was left out."""
    read = parser()
    asked = read.parse_args(arguments)
    if asked.pages and asked.names:
        read.error("--pages measures nothing, so it takes no benchmarks")
    names = [] if asked.pages else [*dict.fromkeys(asked.names)] or [*speed_tables.TITLES]
    results = speed_tables.load()
    missing = []
    for name in names:
        if rows := measured_apart(name):
            results[name] = {"run": run(), "rows": [row._asdict() for row in rows]}
            speed_tables.RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
            speed_tables.write(results)
        else:
            missing.append(name)
    if asked.pages:
        speed_tables.write(results)
    if asked.pages or "bench_growth" in names:
        try:
            with needed():
                growth_picture.write(results)
        except NotInstalled as error:
            print(error, file=sys.stderr)
            missing.append("the picture")
    if missing:
        print(f"left out, so that what was kept stays: {', '.join(missing)}", file=sys.stderr)
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
