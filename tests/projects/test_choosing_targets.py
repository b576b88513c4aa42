"""The targets of a command, from its arguments and the settings."""

from dataclasses import replace

import pytest

from paramrules.named_models import read_input, read_model_name
from paramrules.projects import Models, Project, Target, Typed, choose


def models(*names: str, **more: object) -> Models:
    return replace(Models(tuple(map(read_model_name, names))), **more)  # type: ignore[arg-type]


A = Target("a.rules", models("a.json", "b.json", stacked={"x": 1}), {"rate": 0.5})
B = Target("b.rules", models("b.json", vocabulary=("v.toml",)), strict=True, mapping="b.map")
NONE = Target("c.rules")
PROJECT = Project("paramrules.toml", (A, B, NONE))


def test_without_a_rule_file_all_targets_with_models() -> None:
    assert choose(Typed(), PROJECT) == [A, B]


def test_a_rule_file_has_its_targets() -> None:
    assert choose(Typed("a.rules"), PROJECT) == [A]
    assert choose(Typed("./b.rules"), PROJECT) == [replace(B, rules="./b.rules")]


def test_what_is_typed_goes_before_the_settings() -> None:
    typed = Typed(
        "a.rules",
        models(stacked={"x": 2, "y": 1}, vocabulary=("w.toml",), inputs=(read_input("3"),)),
        {"rate": "1"},
        strict=True,
    )
    described = replace(typed.models, names=A.models.names)
    assert choose(typed, PROJECT) == [Target("a.rules", described, {"rate": 0.5}, {"rate": "1"}, strict=True)]


def test_typed_models_replace_those_of_the_settings_but_not_the_options() -> None:
    other = models("c.json")
    assert choose(Typed("a.rules", other), PROJECT) == [Target("a.rules", other, {"rate": 0.5})]
    assert choose(Typed("b.rules", other), PROJECT) == [
        Target("b.rules", other, mapping="b.map", strict=True)
    ]
    assert choose(Typed("d.rules", other), PROJECT) == [Target("d.rules", other)]
    assert choose(Typed("d.rules", other), None) == [Target("d.rules", other)]


def test_typed_models_need_a_rule_file_unless_there_is_only_one() -> None:
    one = Project("paramrules.toml", (A, A))
    assert choose(Typed(None, models("c.json")), one) == [Target("a.rules", models("c.json"), {"rate": 0.5})]
    with pytest.raises(ValueError, match=r"^name the rule file too: `a.rules` or `b.rules` or `c.rules`$"):
        choose(Typed(None, models("c.json")), PROJECT)
    with pytest.raises(ValueError, match=r"^name a rule file before the options, such as `vit.rules`$"):
        choose(Typed(None, models("c.json")), None)


def test_options_in_which_the_targets_of_a_file_differ_have_to_be_typed() -> None:
    project = Project("paramrules.toml", (A, replace(A, options={"rate": 0.6})))
    with pytest.raises(ValueError, match=r"differ in the option `rate`: write `--option rate=...`$"):
        choose(Typed("a.rules", models("c.json")), project)
    (target,) = choose(Typed("a.rules", models("c.json"), {"rate": "1"}), project)
    assert target.given == {"rate": "1"}


@pytest.mark.parametrize(
    ("rules", "project", "message"),
    [
        (
            None,
            None,
            "name a rule file and a model, `vit.rules --model vit.py:ViT`, or set them in "
            "`[tool.paramrules]` of `pyproject.toml`",
        ),
        (
            None,
            Project("p.toml", (NONE,)),
            "`p.toml` has no target with `models`: add one, or name a rule file and a model",
        ),
        (
            "d.rules",
            None,
            "name a model, `--model vit.py:ViT`, or set one in `[tool.paramrules]` of `pyproject.toml`",
        ),
        (
            "d.rules",
            PROJECT,
            "name a model, `--model vit.py:ViT`, or give `d.rules` a target with `models` in "
            "`paramrules.toml`",
        ),
    ],
)
def test_nothing_to_work_on(rules: str | None, project: Project | None, message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the whole message follows
        choose(Typed(rules), project)
    assert str(raised.value) == message
