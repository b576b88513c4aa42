"""The HTML, the style and the scripts of a report."""

from importlib.resources import files


def asset(name: str) -> str:
    """Return the text of one of the files here."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
