"""How much a lock may hold, for whoever reads and writes one."""

BYTES = 64 * 1024 * 1024
"""The largest file."""

LABELS = 100_000
"""The most labels of all axes and models."""

TENSORS = 1_000_000
"""The most parameters of all models. A fold makes many of a few characters."""

WORK = 100_000_000
"""The most characters of all names and labels in a tree, with `FILLED` for each number in the labels, and 4
for each number of the name that it may count along with."""

FILLED = 40
