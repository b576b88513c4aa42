"""The walls: the core imports no framework, a backend no other backend, a room none that comes after it."""

import ast
import re
import subprocess
import sys
from functools import cache
from itertools import chain, takewhile
from pathlib import Path
from typing import NamedTuple

import pytest

import paramrules.backends

ROOT = Path(__file__).parents[2]
CORE = ROOT / "src" / "paramrules"
BACKENDS = ROOT / "backends"
FRAMEWORKS = {
    "torch",
    "jax",
    "jaxlib",
    "numpy",
    "optax",
    "mlx",
    "flax",
    "equinox",
    "haiku",
    "transformers",
    "timm",
    "peft",
}


@cache
def import_statements(path: Path) -> list[ast.Import | ast.ImportFrom]:
    """Return the import statements of a file, wherever they stand in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def imported_by(node: ast.stmt) -> set[str]:
    """Return the dotted name of every module that a statement imports."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"line {node.lineno} imports relatively: {ast.unparse(node)}"
        return {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return set()


@cache
def imports(path: Path) -> set[str]:
    """Return the dotted name of every module that a file imports."""
    return {name for node in import_statements(path) for name in imported_by(node)}


def roots(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def loaded_after(statement: str) -> set[str]:
    """Return the modules, by their roots, that a fresh interpreter holds after a statement."""
    code = f"{statement}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ran.stdout.splitlines()[-1].split())


def test_the_core_names_no_framework() -> None:
    others = {path.name for path in BACKENDS.iterdir()}
    assert [path for path in files(CORE) if roots(path) & (FRAMEWORKS | others)] == []


def test_a_backend_knows_no_other_backend() -> None:
    for folder in BACKENDS.iterdir():
        others = {path.name for path in BACKENDS.iterdir()} - {folder.name}
        assert [path for path in files(folder) if roots(path) & others] == []


def test_a_backend_imports_public_names_of_the_core() -> None:
    """Every name is one that `paramrules.backends` has, so that a backend elsewhere can do the same."""
    public = set(paramrules.backends.__all__)
    for path in files(BACKENDS):
        taken = {
            alias.name
            for node in import_statements(path)
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "paramrules"
            for alias in node.names
        }
        assert taken <= public, path


def test_tests_of_the_core_are_collected_without_a_framework() -> None:
    """A test marked `frameworks` imports them where it runs, because its file is collected without them."""
    lines = (ROOT / "tests" / "core.txt").read_text("utf-8").splitlines()
    for folder in [ROOT / line for line in lines if line.startswith("tests/")]:
        for path in files(folder) if folder.is_dir() else [folder]:
            for node in ast.parse(path.read_text("utf-8")).body:
                assert not {name.partition(".")[0] for name in imported_by(node)} & FRAMEWORKS, path


def test_folders_of_tests_without_a_framework_run_on_each_python() -> None:
    listed = (ROOT / "tests" / "core.txt").read_text("utf-8") + (ROOT / "noxfile.py").read_text("utf-8")
    frameworks = {*FRAMEWORKS, *(path.name for path in BACKENDS.iterdir()), "golden"}
    for folder in {path.parent for path in ROOT.joinpath("tests").rglob("test_*.py")}:
        if not any(roots(path) & frameworks for path in files(folder)):
            assert folder.relative_to(ROOT).as_posix() in listed, folder


def test_only_the_syntax_room_reads_with_lark() -> None:
    users = {path.relative_to(CORE).parts[0] for path in files(CORE) if "lark" in roots(path)}
    assert users == {"syntax"}


def test_only_the_language_server_speaks_its_protocol() -> None:
    """The room is for those who install the extra, and the command line alone opens it."""
    room = "paramrules.language_server"
    users = {path.relative_to(CORE).parts[0] for path in files(CORE) if roots(path) & {"pygls", "lsprotocol"}}
    openers = {path.name for path in files(CORE) if any(name.startswith(room) for name in imports(path))}
    own = {path.name for path in files(CORE / "language_server")}
    assert users == {"language_server"}
    assert openers - own == {"lsp_command.py"}
    for path in files(CORE / "language_server"):
        assert not {
            name for name in imports(path) if name.startswith(("paramrules.cli", "paramrules.backends"))
        }


def test_only_the_edge_renders_findings() -> None:
    texts = {"paramrules.diagnostics.render", "paramrules.diagnostics.warning_text"}
    users = {path.relative_to(CORE).parts[0] for path in files(CORE) if texts & imports(path)}
    assert users == {"diagnostics", "cli", "emission", "__init__.py"}  # emission warns


class Row(NamedTuple):
    """A row of the table of rooms in docs/architecture.md.

    Attributes:
        rooms: the folders and files in it, which may know each other.
        reads: what they import from, as the page has it.
    """

    rooms: list[str]
    reads: str


EVERYONES = 3
"""The number of rows, the first ones, that every room may read."""


@cache
def rows() -> list[Row]:
    lines = (ROOT / "docs" / "architecture.md").read_text("utf-8").splitlines()
    table = takewhile(bool, lines[lines.index("| room | does | reads |") + 2 :])
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return [Row(re.findall("`(.+?)`", room), reads) for room, _, reads in cells]


def places() -> dict[str, int]:
    """Return the number of each room's row."""
    return {room: at for at, row in enumerate(rows()) for room in row.rooms}


def room_of(name: str) -> str:
    """Return the room of a dotted name: a folder, or a file beside the folders."""
    part = [*name.split("."), ""][1]
    return next((room for room in (part, f"{part}.py") if part and (CORE / room).exists()), "__init__.py")


@cache
def met(path: Path) -> dict[str, bool]:
    """Return the rooms that a file imports from, each with whether it does so only inside functions."""
    tree = ast.parse(path.read_text("utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    inside = {inner for function in functions for inner in ast.walk(function)}
    found: dict[str, bool] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        for alias in node.names:
            name = f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
            if name.partition(".")[0] == "paramrules":
                found[room_of(name)] = found.get(room_of(name), True) and node in inside
    return found


def test_the_table_has_every_room_once() -> None:
    """Every folder, and every file beside the folders."""
    listed = [room for row in rows() for room in row.rooms]
    there = [path.name for path in CORE.iterdir() if path.suffix == ".py" or any(path.glob("*.py"))]
    assert sorted(listed) == sorted(there)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.rooms[0])
def test_a_room_imports_what_the_table_says(row: Row) -> None:
    """From rows above it alone; from below only inside functions, after a semicolon."""
    place = places()
    above, below = set[str](), set[str]()
    for path in chain.from_iterable(
        files(CORE / r) if (CORE / r).is_dir() else [CORE / r] for r in row.rooms
    ):
        for room, is_lazy in met(path).items():
            if place[room] > place[row.rooms[0]]:
                assert is_lazy, f"{path} imports {room}, which is further down"
                below.add(room)
            elif place[room] >= EVERYONES and room not in row.rooms:
                above.add(room)
    written = "; ".join(", ".join(sorted(rooms, key=place.__getitem__)) for rooms in (above, below) if rooms)
    assert row.reads == written


def test_one_room_imports_from_further_down() -> None:
    assert [(row.rooms, row.reads.partition("; ")[2]) for row in rows() if ";" in row.reads] == [
        (["assignment"], "html_report")  # draws itself in a notebook
    ]


@pytest.mark.parametrize(("room", "other"), [("rules", "inventories"), ("inventories", "rules")])
def test_rules_and_inventories_do_not_know_each_other(room: str, other: str) -> None:
    """Not even by way of what they read."""
    reads = {room: row.reads.split(", ") for row in rows() for room in row.rooms}
    known, new = set[str](), {room}
    while new:
        known |= new
        new = {read for each in new for read in reads[each] if read} - known
    assert other not in known


def test_importing_the_package_imports_no_framework() -> None:
    loaded = loaded_after("import paramrules, paramrules_torch, paramrules_optax, paramrules_grammar")
    assert not loaded & FRAMEWORKS


def test_checking_a_file_imports_nothing_of_the_users(tmp_path: Path) -> None:
    """A rule file is data, whatever lies beside it and whatever it is called like."""
    for name in ("vit", "norms", "torch", "sitecustomize_"):
        (tmp_path / f"{name}.py").write_text(f"open('{name}.ran', 'w')\n")
    (tmp_path / "norms.rules").write_text("let norm = type(vit.LayerNorm)\n")
    (tmp_path / "vit.rules").write_text('include "norms.rules"\na: norm\nb: else\n')
    command = [sys.executable, "-m", "paramrules", "check", "--portable", "vit.rules"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.stdout.startswith("1 file: ")
    assert sorted(path.name for path in tmp_path.glob("*.ran")) == []


def test_checking_a_file_imports_no_framework(tmp_path: Path) -> None:
    rules = tmp_path / "card.rules"
    rules.write_text("no_decay: type(LayerNorm|Embedding) or name~bias|mem_k|mem_v or ndim<=1\n")
    loaded = loaded_after(f"import paramrules; assert not paramrules.check({str(rules)!r})")
    assert not loaded & (FRAMEWORKS | {"click", "rich", "lark"})
