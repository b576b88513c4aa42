"""How large a rule file may be. Generous: no file written by hand comes near; each ends in a diagnostic."""

from typing import Final

BYTES: Final = 1 << 20
"""Size of one file (E103)."""

STATEMENTS: Final = 10_000
"""Statements in one file (E111)."""

FILES: Final = 100
"""Files that one file includes, directly or not (E111)."""

NESTING: Final = 100
"""Expressions inside expressions; `a + b + c` counts two, `(((a)))` one (E110)."""

INTEGER: Final = 2**63
"""Magnitude of a whole number. Other numbers have to be finite floats (E116)."""
