"""Lists of names in messages."""

from collections.abc import Sequence


def listed(names: Sequence[str]) -> str:
    """Return the names, cut if there are many, and `has` or `have`."""
    shown = [f"`{name}`" for name in names[:3]]
    if len(names) > 3:
        shown.append(f"{len(names) - 3} more")
    return f"{', '.join(shown)} {'has' if len(names) == 1 else 'have'}"
