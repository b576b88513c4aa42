"""The grammar itself: no conflicts, no terminals that collide, and what the check for that leaves out."""

import interegular
import lark
from paramrules_grammar import text


def _strict() -> lark.Lark:
    return lark.Lark(text(), parser="lalr", start="statement", keep_all_tokens=True, strict=True)


def test_has_no_conflicts_and_no_colliding_terminals() -> None:
    tree = _strict().parse("no_decay: type(LayerNorm|Embedding) or name~bias|mem_k|mem_v or ndim<=1")
    assert tree.data == "rule"


def test_the_check_leaves_out_nothing_but_the_bare_regex() -> None:
    unreadable = set()
    for terminal in _strict().terminals:
        try:
            interegular.parse_pattern(terminal.pattern.to_regexp()).to_fsm()
        except (interegular.Unsupported, interegular.InvalidSyntax):
            unreadable.add(terminal.name)
    assert unreadable == {"BARE_REGEX"}


def test_all_productions_are_built() -> None:
    from paramrules.syntax.build import Builder

    names = {
        rule.alias or rule.origin.name for rule in _strict().rules if not rule.options.expand1 or rule.alias
    }
    assert {str(name) for name in names if not hasattr(Builder, str(name))} == set()
