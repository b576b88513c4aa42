"""The naive evaluator is worth something only as long as it shares no code with the one it judges."""

import ast
from pathlib import Path

SHARED = {"paramrules", "paramrules.inventories", "paramrules.syntax"}
"""The package's place (its vocabulary is data), the rows of an inventory, the nodes of a syntax tree."""


def test_the_naive_evaluator_imports_no_evaluator() -> None:
    imported = set()
    for path in Path(__file__).parent.glob("[!t]*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                imported.add(node.module)
            elif isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
    assert {name for name in imported if name and name.startswith("paramrules")} == SHARED
