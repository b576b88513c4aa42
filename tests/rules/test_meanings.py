"""Every word of the language has a meaning that can be shown, and its form can be read."""

import pytest

from paramrules.diagnostics import Source
from paramrules.rules import builtin_names, meanings
from paramrules.rules.keys import PORTABLE
from paramrules.rules.meanings import Meaning
from paramrules.syntax import read
from paramrules.syntax.language import RESERVED

ALL = {
    (table, word): meaning
    for table in ("FIELDS", "FLAGS", "FUNCTIONS", "ROLES", "KEYS", "STATEMENTS", "LOGIC")
    for word, meaning in getattr(meanings, table).items()
}


def test_each_word_has_a_meaning() -> None:
    assert set(meanings.FIELDS) == builtin_names.FIELDS
    assert set(meanings.FLAGS) == builtin_names.FLAGS
    assert set(meanings.FUNCTIONS) == builtin_names.FUNCTIONS
    assert tuple(meanings.ROLES) == builtin_names.CONSTANTS["role"]
    assert set(meanings.KEYS) == set(PORTABLE)
    assert {*meanings.STATEMENTS, *meanings.LOGIC} == RESERVED


@pytest.mark.parametrize(("place", "meaning"), ALL.items(), ids=[word for _, word in ALL])
def test_a_meaning_is_a_sentence_and_its_form_is_of_the_language(
    place: tuple[str, str], meaning: Meaning
) -> None:
    _, word = place
    assert word in meaning.form
    assert meaning.text.endswith(".")
    form = meaning.form
    texts = (form, f"a: {form}", f"a: tied -> {form}", f"a: tied -> eps = {form}")
    read_as = [read(Source("a.rules", text)) for text in texts]
    assert any(file.statements and not findings for file, findings in read_as)
