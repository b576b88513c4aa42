"""The table of examples/twins/README.md. `python tests/twins/table.py` writes it anew."""

from twins import ALL, TWINS, Twin, shown

README = TWINS / "README.md"
_HEAD = "| model | PyTorch | JAX, MLX | groups | tensors | parameters |\n|---|---|---|---:|---:|---:|\n"


def table() -> str:
    """The whole table, measured now."""
    return _HEAD + "".join(_row(twin) for twin in ALL)


def _row(twin: Twin) -> str:
    models = shown(twin)["models"]
    counts = (
        _either(*(len(model["groups"]) for model in models)),
        *(_either(*(model[what] for model in models)) for what in ("tensors", "parameters")),
    )
    return f"| {' | '.join((f'[{twin.title}]({twin.folder})', *twin.kinds, *counts))} |\n"


def _either(torch: int, jax: int) -> str:
    return f"{torch:,}" if torch == jax else f"{torch:,} / {jax:,}"


def with_table(page: str) -> str:
    """The page with the table as it is now in place of the one that it has."""
    before, _, rest = page.partition(_HEAD)
    after = "".join(line for line in rest.splitlines(keepends=True) if not line.startswith("|"))
    return before + table() + after


if __name__ == "__main__":
    README.write_text(with_table(README.read_text("utf-8")), "utf-8")
