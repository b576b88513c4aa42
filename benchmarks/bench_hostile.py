"""How long files at the limits take to read and to assign: `python benchmarks/bench_hostile.py`.

Each file is read in a process of its own, and assigned to 400 tensors if it has no errors. At most 2 s and
200 MB are allowed for reading.
"""

import resource
import subprocess
import sys
import time

from measuring import require

LINES = {
    "rules": "r{n}: name ~ ^blocks\\.{n}\\.\n",
    "costly regexes": 'r{n}?: name ~ "(.*b?){{3}}Z{n}"\n',
    "regexes and texts": 'r{n}?: name ~ "(.*b?){{3}}Z{n}"\nq{n}?: name == "a.{n}"\n',
    "regexes of branches": "a{n}: name ~ a{n}|b{n}|c{n}|d{n}\n",
    "globs": 'a{n}: name like "blocks.{n}.*"\n',
    "unknown names": "x{n}: foobar{n} or bazz{n}\n",
    "near names": "let foobar{n} = ndim > {n}\nx{n}: foobat{n}\n",
    "silenced": "# allow: W402 -- any\nx{n}: name ~ a.b{n}\n",
    "contradictions": "x: ndim > {n} -> lr = {n}\n",
    "expectations": "x{n}: ndim > {n} or tied\nexpect x{n}?: name ~ ^blocks\\.{n}\\.\n",
    "classes": f"x{{n}}: type({'|'.join(f'A{n}' for n in range(900))})\n",
    "sums": f"let a{{n}} = {'1+' * 90}1\n",
    "unterminated": f'x{{n}}: name == "{"a" * 180}\n',
}
STATEMENTS = {
    "brackets": "x: " + "(" * 30_000 + "ndim > 1" + ")" * 30_000,
    "open calls": "x: " + "a(" * 30_000,
    "signs": "x: " + "$" * 60_000,
    "comments": "#" * 1_000_000 + "\nx: ndim > 1",
    "repeats in repeats": 'x: name ~ "' + "(?:" * 40 + "ab?" + ")+" * 40 + '"',
    "anchors": 'x: name ~ "' + "a^" * 1_400 + 'b"',
}


def text(kind: str) -> str:
    """The longest file of a kind that has at most 5,000 statements and 100,000 words."""
    from paramrules.syntax import language
    from paramrules.syntax.reader import _words_at_most

    if kind in STATEMENTS:
        return STATEMENTS[kind] + "\n"
    line = LINES[kind].format(n=1000)
    words = language.WORDS // (_words_at_most(line) + 1)
    statements = (language.STATEMENTS - 5) // sum(not part.startswith("#") for part in line.splitlines())
    return "".join(LINES[kind].format(n=n) for n in range(min(words, statements))) + "z?: tied\n"


def measure(kind: str) -> None:
    """Print one row."""
    import paramrules

    hostile = text(kind)
    paramrules.parse("warm: name ~ up\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.process_time()
    result, rules = "ok", None
    try:
        rules = paramrules.parse(hostile)
    except paramrules.RulesError as error:
        result = f"{len(error.diagnostics)} findings"
    read = time.process_time() - begun
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    row = f"{kind:20} {len(hostile) / 1024:6.0f} KiB  read {read:5.2f} s {memory:4.0f} MB  {result:15}"
    if rules is not None:
        import torch

        model = torch.nn.ModuleDict(
            {"blocks": torch.nn.ModuleList(torch.nn.Linear(2, 2) for _ in range(200))}
        )
        inventory = paramrules.inventory(model)
        begun = time.process_time()
        found = paramrules.examine(rules, inventory).findings
        row += f"  assigned in {time.process_time() - begun:5.2f} s, {len(found)} findings"
    print(row)


def main() -> None:
    """Measure each kind in a process of its own."""
    require("paramrules", "lark", "torch")
    for kind in (*LINES, *STATEMENTS):
        subprocess.run([sys.executable, __file__, kind], check=True)


if __name__ == "__main__":
    measure(sys.argv[1]) if len(sys.argv) > 1 else main()
