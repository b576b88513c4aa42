"""How large a regex may be, and how slow. All of the numbers are here."""

LENGTH = 10_000
"""Characters of one regex."""

NESTING = 50
"""Brackets inside brackets; keeps every recursion over the tree far from Python's own limit."""

COUNT = 1_000
"""The numbers in `{m,n}`."""

DEGREE = 4
"""The worst case may grow as the name's length to this power. 4 is what a search for `a.*b.*c.*d`
needs: one for each `.*` and one for where the match begins.
"""

WAYS = 1_000
"""How many ways there may be to read one text, where that does not grow with its length.

`(a?){25}` has millions.
"""

UNROLLED = 64
"""A counted repeat is looked at copy by copy if that makes no more positions than this. A larger one is taken
for an unbounded one, which can only make it look worse.
"""

POSITIONS = 600
"""Positions of a regex whose worst case has to be looked at; a plainly harmless one has no such limit."""

STEPS = 100_000
"""Steps of the search for a bad worst case, about 0.1 s."""

ALL_STEPS = 3_000_000
"""The same for all regexes of a file and its includes, some seconds. A repeated one costs none."""
