"""No text makes the reader fail or hang: whatever it does not understand ends in a finding."""

from pathlib import Path

from fuzz.survival import survives
from fuzz.words import WORDS
from hypothesis import given, settings
from hypothesis import strategies as st
from support import examples

POLICIES = [
    path.read_text() for path in sorted((Path(__file__).parent.parent / "cases" / "policies").glob("*.rules"))
]
SPACES = st.sampled_from([" ", "", "\n", "\n  ", "\t", "\n# allow: W402 -- x\n", "  # c\n    "])


@given(st.text(max_size=200))
@settings(max_examples=examples(100))
def test_any_text(text: str) -> None:
    survives(text)


@given(st.lists(st.tuples(st.sampled_from(WORDS), SPACES), max_size=40))
@settings(max_examples=examples(300))
def test_soups_of_tokens(words: list[tuple[str, str]]) -> None:
    survives("".join(word + space for word, space in words))


@given(st.sampled_from(POLICIES), st.data())
@settings(max_examples=examples(200))
def test_policies_with_something_cut_out_or_put_in(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        put = data.draw(st.one_of(st.just(""), st.sampled_from(WORDS), st.text(max_size=3)))
        text = text[:start] + put + text[end:]
    survives(text)
