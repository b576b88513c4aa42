"""The time to search a name, at worst and on a model: `python benchmarks/bench_regex.py`.

Costly regexes are searched in the worst of many names, each seen for the first time: their own words, pumped,
and random mixtures of their letters. `re` gets the same names in a process of its own, which is stopped after
a second. The last rows are regexes that people write, on names that models have.
"""

import random
import re
import subprocess
import sys
import time

from measuring import needed

with needed():
    from paramrules.diagnostics import Source, Span
    from paramrules.regex import Regex, read

LENGTHS = (200, 10_000)
COSTLY = (
    "(.*b?){3}Z",
    "(.*[a-y]{0,3}){3}Z",
    ".*.*.*Z",
    r"(\w*){2}Z",
    "(a+)+$",
    r"^(\w+\.?)+$",
    "(a?){25}a{25}",
    "encoder.*layer.*attn.*weight",
    r"(?<i>\d+)\.(?<w>\w*)(\w*)Z",
    "(?:a|b)*a(?:a|b){80}Z",
    "[ab]*a[ab]{240}Z",
    r"(?:\w|\.)*a(\w)(?:\w|\.){60}Z",
    "[ab]" * 740 + "x",
    "(a|b)" * 590 + "x",
    "|".join("a" * n + "b" for n in range(1, 75)),
)
ORDINARY = (
    "bias|norm",
    r"^blocks\.(?<i>\d+)\.",
    r"(?:^|\.)encoder\.layers[._](?<i>\d+)\.",
    r"(?i)(layernorm|layer_norm|ln|norm)[^.]*\.(scale|kernel)$",
    r"(?<i>\d+)\.attn",
)
RE = """
import re, sys, time
pattern, name = re.compile(sys.argv[1], re.ASCII), sys.argv[2]
begun = time.perf_counter()
pattern.search(name)
print((time.perf_counter() - begun) * 1e3)
"""


def regex(text: str) -> Regex:
    """The regex of a text that is not refused."""
    found, findings = read(text, Span(Source("bench.rules", text), 0, len(text)))
    assert found is not None, findings
    return found


def names(text: str, length: int) -> list[str]:
    """Names of this length on which the regex may be slow."""
    chance = random.Random(0)
    letters = sorted(set(re.findall(r"[a-y0-9.]", re.sub(r"\\.|\{.*?\}|\(\?<\w>", "", text)))) or ["a"]
    words = [
        *letters,
        "a",
        "1",
        "ab",
        "a.",
        *sorted({word[:40] for word in re.findall(r"[a-z]{2,}", text)})[:20],
    ]
    pumped = [(word * length)[: length - 1] + last for word in words for last in ("!", word[-1])]
    drawn = ["".join(chance.choices(letters, k=length)) for _ in range(20)]
    return pumped + drawn + [name[:-1] + "Z" for name in drawn[:5]]


def first_sight(pattern: Regex, names: list[str]) -> float:
    """The longest time for a name that was not searched before, in milliseconds, in the best of 3 rounds."""
    worst = []
    for round_ in range(3):
        times = []
        for name in names:
            new = f"{name[: len(name) - 1 - round_]}a{name[len(name) - round_ :]}"
            begun = time.process_time()
            found = pattern.search(new)
            if found is not None:
                found.groups()
            times.append(time.process_time() - begun)
        worst.append(max(times))
    return min(worst) * 1e3


def milliseconds(pattern: Regex | re.Pattern[str], names: list[str], rounds: int = 5) -> float:
    """The time to search the names, and to read the captures, in the best of several rounds."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        for name in names:
            found = pattern.search(name)
            if found is not None:
                found.groups()
        times.append(time.perf_counter() - begun)
    return min(times) * 1e3


def re_takes(pattern: Regex, names: list[str]) -> str:
    """The time of `re` for the worst of the names."""
    worst = 0.0
    for name in names:
        command = [sys.executable, "-c", RE, pattern.parsed.python, name]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=1.2, check=True)
        except subprocess.TimeoutExpired:
            return "> 1000"
        worst = max(worst, float(done.stdout))
    return f"{worst:.2f}"


def main() -> None:
    """Print the worst time of each costly regex, and the mean time of ordinary ones."""
    print(f"{'costly regex, worst name':30}" + "".join(f"{n:>10,} characters  (re)      " for n in LENGTHS))
    for text in COSTLY:
        pattern = regex(text)
        row = f"{text if len(text) <= 30 else f'{text[:27]}...':30}"
        for length in LENGTHS:
            tried = names(text, length)
            ours = first_sight(pattern, tried)
            row += f"{ours:10.3f} ms ({re_takes(pattern, tried)} ms)".ljust(32)
        print(row)
    model = [f"encoder.layers.{n}.attn.q_proj.weight" for n in range(50)]
    model += [f"blocks.{n}.pre_attn_layer_norm.scale" for n in range(50)]
    print("ordinary regex, names of a model")
    for text in ORDINARY:
        pattern = regex(text)
        ours = milliseconds(pattern, model, 30)
        theirs = milliseconds(re.compile(pattern.parsed.python, re.ASCII), model, 30)
        engine = "re" if pattern.linear else "automaton"
        print(f"{text:60} {ours * 10:6.2f} us a name on {engine} (re: {theirs * 10:.2f})")


if __name__ == "__main__":
    main()
