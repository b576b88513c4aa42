"""How long reading and checking a long rule file takes: `python benchmarks/bench_reading.py`."""

import time
from statistics import median

import paramrules

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
    for count in (100, 1_000, 4_000):
        text = rules(count)
        times = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            paramrules.parse(text)
            times.append(time.perf_counter() - start)
        print(f"{count:5} rules: {median(times) / count * 1e6:6.1f} us a line (at most 150 at 1,000 rules)")


if __name__ == "__main__":
    main()
