"""Words that messages are made of: `did you mean ...?`, `a` or `an`."""

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A help line that names the nearest known word, or an empty string where none is near.

    >>> did_you_mean("LayrNorm", ["LayerNorm", "Linear"])
    'did you mean `LayerNorm`?'
    """
    from difflib import get_close_matches  # 10 ms that only a mistake pays for

    candidates = sorted(set(known))
    folded = {name.lower(): name for name in reversed(candidates)}
    if word.lower() in folded:
        return f"did you mean `{folded[word.lower()]}`?"
    near = get_close_matches(word, candidates, n=1, cutoff=0.7)
    return f"did you mean `{near[0]}`?" if near else ""


def a(word: str) -> str:
    """The word in backticks with its article.

    >>> a("Embedding")
    'an `Embedding`'
    """
    return f"{'an' if word.lstrip('*?')[:1].lower() in tuple('aeiou') else 'a'} `{word}`"
