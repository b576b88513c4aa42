"""How long reading and checking a long rule file takes: `python benchmarks/bench_reading.py`.

Beside it: how long Lark takes to parse the same statements with the same grammar, into trees of its own.
"""

import time
from statistics import median

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


def main() -> None:
    """Prints the time a line, for three lengths, beside what is aimed at."""
    paramrules.parse("warm: name ~ up\n")
    parser = lark.Lark(paramrules_grammar.text(), **OPTIONS)
    for count in (100, 1_000, 4_000):
        text = rules(count)
        statements = [text[piece.start : piece.end] for piece in cut(text)]
        ours, theirs = [], []
        for _ in range(ROUNDS):
            start = time.process_time()
            paramrules.parse(text)
            between = time.process_time()
            for statement in statements:
                parser.parse(statement)
            ours.append(between - start)
            theirs.append(time.process_time() - between)
        ratio = median(ours) / median(theirs)
        print(
            f"{count:5} rules: {median(ours) / count * 1e6:6.1f} us a line (at most 150 at 1,000 rules), "
            f"{ratio:.2f} of Lark's own parse (target: 1.6)"
        )


if __name__ == "__main__":
    main()
