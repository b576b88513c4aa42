"""How long reading and checking a long rule file takes: `python benchmarks/bench_reading.py`.

Beside it: how long Lark takes to parse the same statements with the same grammar, into trees of its own.
"""

import time
from collections.abc import Iterator
from functools import partial

from measuring import Row, compared, needed, show

with needed():
    import lark
    import paramrules_grammar

    import paramrules
    from paramrules.syntax.statements import cut
    from paramrules.syntax.tables import OPTIONS

ROUNDS = 7


def rules(count: int) -> str:
    """A file of `count` rules, a line each, of the kinds that people write."""
    kinds = (
        "norm_{n}: type(LayerNorm|RMSNorm) and name ~ ^blocks\\.{n}\\. -> weight_decay = 0",
        "bias_{n}: name ~ ^decoder\\.layers\\.{n}\\.bias$ or leaf == \"gain_{n}\" -> weight_decay = 0",
        "width_{n}: shape == ({n}, *) and not type(Embedding) -> lr_scale = 256 / fan_in",
        "glob_{n}: name like \"encoder.{n}.*.weight\" and ndim >= 2",
    )  # fmt: skip
    return "".join(kinds[n % len(kinds)].replace("{n}", str(n)) + "\n" for n in range(1, count + 1))


def rows() -> Iterator[Row]:
    """Measure three lengths."""
    paramrules.parse("warm: name ~ up\n")
    parser = lark.Lark(paramrules_grammar.text(), **OPTIONS)
    for count in (100, 1_000, 4_000):
        text = rules(count)
        statements = [text[piece.start : piece.end] for piece in cut(text)]
        ours = f"{count:,} rules: `paramrules.parse`"
        ways = {
            f"{count:,} rules: Lark alone": partial(parsed, parser, statements),
            ours: partial(paramrules.parse, text),
        }
        yield from compared(ways, {ours: 1.6}, ROUNDS, time.process_time)


def parsed(parser: lark.Lark, statements: list[str]) -> None:
    """Parse statements with the bare parser."""
    for statement in statements:
        parser.parse(statement)


if __name__ == "__main__":
    show(rows())
