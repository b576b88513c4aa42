"""Where findings about groups and parameters point."""

from emission.small_inventory import inventory

import paramrules
from paramrules.emission import bind, freezes_trained, report, report_parameter

NET = inventory({"emb": (4, 3), "weight": (3, 3), "bias": (3,), "gain": (3,), "last": (3,)})


def assigned(text: str) -> paramrules.Assignment:
    return paramrules.assign(paramrules.parse(text, "r.rules"), NET)


def test_a_parameter_is_shown_in_the_axis_that_matters() -> None:
    text = "[a]\nfew: name ~ ^emb\n[b]\nflat: ndim == 1 -> eps = 1\nrest: else -> freeze = true\n"
    assignment = assigned(text)

    def place(name: str, key: str) -> str:
        parameter = NET.index(name)
        finding = report_parameter("E604", "m", "", assignment=assignment, parameter=parameter, key=key)
        return finding.span.text if finding.span else ""

    assert place("emb", "freeze") == "rest"
    assert place("emb", "eps") == "few"
    assert place("bias", "freeze") == "flat"
    assert report_parameter(
        "E604", "m", "h", assignment=assigned("few: name ~ ^emb"), parameter=1, key="lr"
    ) == paramrules.Diagnostic("E604", "m", help="h")


def test_a_setting_is_shown_in_the_first_rule_that_gave_it() -> None:
    text = "slow: name ~ ^gain -> eps = 2\nrest: ndim == 2\nslow?: name ~ never\nslow: else\n"
    assignment = assigned(text)
    finding = report("E604", "m", "", assignment=assignment, groups=[assignment.group("slow")], key="eps")
    assert (finding.span and finding.span.text, finding.also) == ("eps", ())

    text = "a: name ~ ^bias -> eps = 1\nb: name ~ ^gain -> eps = 2\nb: name ~ ^last -> eps = 2\nrest: else"
    assignment = assigned(text)
    groups = [assignment.group(label) for label in "ab"]
    finding = report("E604", "m", "", assignment=assignment, groups=groups, key="eps", whole=True)
    assert [finding.span, *(place.span for place in finding.also)] == [
        rule.settings[0].span for rule in assignment.rules.axes[0].rules[:2] if rule.settings
    ]


def test_what_is_frozen_while_another_optimizer_trains_it() -> None:
    text = "a: name ~ ^(emb|weight) -> freeze = true\nb: name ~ ^bias\nc: else -> freeze = true\n"
    bound = bind(paramrules.parse(text, "r.rules"), lambda: NET)
    assert paramrules.render(freezes_trained(bound, [0, 1, 3, 4], {})) == (
        "warning[W643]: this freezes `emb`, `weight`, `gain` and 1 more, which the `dict` of an earlier "
        """`build` still trains
  --> r.rules:1:28
   |
 1 | a: name ~ ^(emb|weight) -> freeze = true
   |                            ^^^^^^^^^^^^^
  --> r.rules:3:12
   |
 3 | c: else -> freeze = true
   |            ^^^^^^^^^^^^^
   = help: write `skip = true` to leave a parameter to another optimizer, or delete that optimizer first"""
    )
    assert len(freezes_trained(bound, [0], {}).also) == 0
