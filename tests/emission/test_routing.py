"""Groups routed to optimizers, with their settings and rates: once for every framework."""

import math
import warnings
from typing import Any

import pytest
from emission.small_inventory import inventory
from support import inventory_of

import paramrules
from paramrules import Diagnostic, Inventory, RulesError
from paramrules.emission import (
    Aliases,
    Bases,
    OptimizerSpec,
    Rate,
    RoutedGroup,
    arguments_of,
    bind,
    check_use,
    choose,
    lost_bases,
    not_clear,
    overall_lr,
    route,
    warn,
)
from paramrules.emission.schedules import names_in_rules
from paramrules.rules.keys import PORTABLE

NET = inventory({"emb": (4, 3), "weight": (3, 3), "bias": (3,), "gain": (1, 3)})
ALIASES = Aliases(
    renamed={"betas": ("b1", "b2", "b3"), "momentum": ("beta",)},
    suggested={"alpha": "decay_rate"},
    help={"mask": "the rules say it"},
)
ADAM = OptimizerSpec("adam", "Adam", ("b1", "b2", "eps"), lr=0.001, weight_decay=0.01, aliases=ALIASES)
SGD = OptimizerSpec("sgd", "Sgd", ("beta", "nesterov"), rates=("lr",), aliases=ALIASES)
ANY = OptimizerSpec("any", "Any", (), takes_any=True)
OWN = Bases()
BOTH = {"adam": ADAM, "sgd": SGD}


def routed(
    text: str, specs: Any = None, bases: Bases = OWN, model: Inventory = NET, **how: Any
) -> tuple[list[RoutedGroup], list[Diagnostic]]:
    held = bind(paramrules.parse(text, "r.rules"), lambda: model)
    return route(held, held.groups(), {"": ADAM._replace(name="")} if specs is None else specs, bases, **how)


def groups(text: str, specs: Any = None, bases: Bases = OWN, **how: Any) -> list[RoutedGroup]:
    found, wrong = routed(text, specs, bases, **how)
    assert wrong == []
    return found


def said(*arguments: Any, **how: Any) -> str:
    return str(RulesError(routed(*arguments, **how)[1]))


def test_a_group_goes_to_the_optimizer_it_names_or_to_the_default() -> None:
    text = 'hidden: ndim == 2 -> optimizer = "sgd"\nrest: else'
    found = groups(text, {"sgd": SGD, "default": ADAM._replace(name="default")})
    assert [(one.group.label, one.optimizer.name, list(one.numbers)) for one in found] == [
        ("hidden", "sgd", [0, 1, 3]),
        ("rest", "default", [2]),
    ]
    assert [one.optimizer for one in groups("rest: else", {"sgd": SGD})] == [SGD]


def test_settings_are_under_the_optimizers_own_names() -> None:
    (one,) = groups("all: else -> betas = (0.9, 0.99), eps = 1e-6, lr = 0.5, lr_scale = 2, weight_decay = 0")
    assert one.settings == {"b1": 0.9, "b2": 0.99, "eps": 1e-6}
    (one,) = groups("all: else -> momentum = 0.9, nesterov = true, weight_decay = 0", {"sgd": SGD})
    assert one.settings == {"beta": 0.9, "nesterov": True}
    (one,) = groups("all: else -> anything = 1", {"sgd": SGD._replace(takes_any=True)})
    assert one.settings == {"anything": 1}


@pytest.mark.parametrize("key", PORTABLE)
def test_no_optimizer_sees_a_portable_key(key: str) -> None:
    value = {"number": "0", "boolean": "false", "string": '"any"'}[PORTABLE[key].types[0]]
    (one,) = groups(f"all: else -> {key} = {value}, own = 1", {"any": ANY})
    assert one.settings == {"own": 1}


def test_rates_are_the_rules_or_the_callers_or_the_optimizers_own() -> None:
    text = """
a: name == "emb" -> lr = 0.5, lr_scale = 2, weight_decay_scale = 3
b: name == "bias" -> lr_scale = 0.5, weight_decay = 0
c: else
"""
    assert [(one.lr.value, one.weight_decay.value) for one in groups(text)] == [
        (1.0, 0.03),
        (0.0005, 0),
        (0.001, 0.01),
    ]
    assert [(one.lr.value, one.weight_decay.value) for one in groups(text, None, Bases(0.1, 0.2))] == [
        (1.0, 0.2 * 3),
        (0.05, 0),
        (0.1, 0.2),
    ]
    own = ADAM._replace(bound={"lr": 4, "weight_decay": None})
    assert [(one.lr.value, one.weight_decay.value) for one in groups(text, {"adam": own}, Bases(0.1, 0.2))][
        2
    ] == (
        4,
        0.2,
    )


def test_an_optimizer_without_weight_decay_has_none() -> None:
    scales = "b: name ~ w -> weight_decay_scale = 0\nc: else -> weight_decay_scale = 1"
    text = f"a: ndim == 1 -> weight_decay = 0\n{scales}"
    assert [one.weight_decay for one in groups(text, {"sgd": SGD._replace(lr=1)})] == [
        Rate(None),
        Rate(None),
        Rate(None),
    ]


def test_a_scale_of_weight_decay_needs_an_optimizer_that_has_it() -> None:
    assert said("a: ndim == 1 -> weight_decay_scale = 0.5\nb: else", {"sgd": SGD._replace(lr=1)}) == (
        "\nerror[E611]: `Sgd` has no setting `weight_decay_scale`, which the group `a` sets\n"
        "  --> r.rules:1:17\n"
        "   |\n"
        " 1 | a: ndim == 1 -> weight_decay_scale = 0.5\n"
        "   |                 ^^^^^^^^^^^^^^^^^^\n"
        "   = help: it takes `beta`, `nesterov` and `momentum`"
    )


def test_a_rate_over_a_base() -> None:
    base = 0.3
    assert Rate(base, 0.1).over(base) == 0.1
    assert Rate(0.6, 2).over(0.3) == 4.0
    assert Rate(0.1, 0.5).over(0.2) == 0.25
    assert Rate(0.6).over(0.0) is None
    assert Rate(0.6).over(None) is None
    assert Rate(None).over(0.3) is None
    tensor = object()
    assert Rate(tensor).value is tensor
    assert (Rate(0.5, 0).value, Rate(0.5, 2).value) == (0, 1)
    assert (Rate(None, 0).value, Rate(None, 1).value, Rate(None, -1).value) == (0.0, None, None)


def test_the_overall_rate() -> None:
    specs = {"sgd": SGD._replace(lr=3), "default": ADAM}
    assert overall_lr(specs, 7) == 7
    assert overall_lr(specs, None) == 0.001
    assert overall_lr({"sgd": SGD._replace(bound={"lr": 5}), "adam": ADAM}, None) == 5
    assert overall_lr({"sgd": SGD}, None) is None


def test_of_hundreds_of_groups_without_a_base_the_first_are_named() -> None:
    model = inventory_of([{"name": f"blocks.{number}.weight", "shape": [2]} for number in range(300)])
    bare = {"": ADAM._replace(name="", lr=None)}
    (finding,) = routed("b_{i}: name ~ \\.(?<i>\\d+)\\. -> lr_scale = 0.5", bare, model=model)[1]
    first = "".join(f"`b_{number}` (0.5), " for number in range(3)).removesuffix(", ")
    assert finding.message == f"`lr_scale` has no `lr` to multiply in the groups {first} and 297 more"


def test_scales_without_a_base_are_one_finding_each() -> None:
    text = """[a]
k_{i}: name ~ ^(?<i>w|b) -> lr_scale = 0.5, weight_decay_scale = 3
rest: else -> lr_scale = 0.25
"""
    bare = {"": ADAM._replace(name="", lr=None, weight_decay=None)}
    how = {"lr": ", or otherwise"}
    assert (
        said(text, bare, otherwise=how)
        == """
error[E604]: `lr_scale` has no `lr` to multiply in the groups `k_w` (0.5), `k_b` (0.5) and `rest` (0.25)
  --> r.rules:2:29
   |
 2 | k_{i}: name ~ ^(?<i>w|b) -> lr_scale = 0.5, weight_decay_scale = 3
   |                             ^^^^^^^^^^^^^^
  --> r.rules:3:15
   |
 3 | rest: else -> lr_scale = 0.25
   |               ^^^^^^^^^^^^^^^
   = help: pass `lr=...`, the base rate, or otherwise

error[E604]: `weight_decay_scale` has no `weight_decay` to multiply in the groups `k_w` (3) and `k_b` (3)
  --> r.rules:2:45
   |
 2 | k_{i}: name ~ ^(?<i>w|b) -> lr_scale = 0.5, weight_decay_scale = 3
   |                                             ^^^^^^^^^^^^^^^^^^^^^^
   = help: pass `weight_decay=...`, the base rate"""
    )
    assert [one.code for one in routed(text, bare, lr_without_base=True)[1]] == ["E604"]
    assert (
        said("small: ndim <= 1 -> lr_scale = 2\nrest: else", bare)
        == """
error[E604]: `lr_scale` has no `lr` to multiply in the group `small` (2)
  --> r.rules:1:21
   |
 1 | small: ndim <= 1 -> lr_scale = 2
   |                     ^^^^^^^^^^^^
   = help: pass `lr=...`, the base rate"""
    )


def test_optimizers_that_are_not_clear_are_one_finding_per_cause() -> None:
    text = """
a: name == "emb" -> optimizer = "sgdd"
b: name == "bias" -> optimizer = "sgdd"
c: name == "gain"
d: else -> eps = 1
"""
    assert (
        said(text, BOTH)
        == """
error[E610]: the groups `a` and `b` name the optimizer `sgdd`, and there are `adam` and `sgd`
  --> r.rules:2:21
   |
 2 | a: name == "emb" -> optimizer = "sgdd"
   |                     ^^^^^^^^^^^^^^^^^^
  --> r.rules:3:22
   |
 3 | b: name == "bias" -> optimizer = "sgdd"
   |                      ^^^^^^^^^^^^^^^^^^
   = help: did you mean `sgd`?

error[E610]: the groups `c` and `d` name no optimizer, and there are `adam` and `sgd`
  = help: write `optimizer = "sgd"` among the settings, or name one of them `default`"""
    )


def test_one_optimizer_where_rules_name_another() -> None:
    text = 'all: else -> optimizer = "lion"'
    span = f"  --> r.rules:1:14\n   |\n 1 | {text}\n   |              ^^^^^^^^^^^^^^^^^^\n"
    assert said(text) == (
        f"\nerror[E610]: the group `all` names the optimizer `lion`, and only `Adam` was passed\n{span}"
        '   = help: pass both, as in `{"lion": ..., "default": Adam}`'
    )
    two = 'a: name == "emb" -> optimizer = "muon"\nb: {} -> optimizer = "adamw"\n'
    assert (
        said(two.format("else")).count('= help: pass one for each, as in `{"muon": ..., "adamw": ...}`') == 2
    )
    assert said(two.format('name == "bias"') + "c: else").endswith(
        '= help: pass one for each, as in `{"muon": ..., "adamw": ..., "default": Adam}`'
    )
    assert said(text, {"sgd": SGD}) == (
        f"\nerror[E610]: the group `all` names the optimizer `lion`, and there is only `sgd`\n{span}"
        '   = help: pass it too, as in `{"lion": ..., ...}`'
    )


def test_settings_that_an_optimizer_does_not_have_are_one_finding_each() -> None:
    text = """
a: name == "emb" -> rho = 1, mask = 2, betas = (1, 2, 3)
b: name == "bias" -> rho = 1, betas = (1, 2), b2 = 3
# allow: W316 -- refused below
c: else -> ep = 1
"""
    assert (
        said(text)
        == """
error[E611]: `Adam` has no setting `rho`, which the groups `a` and `b` set
  --> r.rules:2:21
   |
 2 | a: name == "emb" -> rho = 1, mask = 2, betas = (1, 2, 3)
   |                     ^^^
  --> r.rules:3:22
   |
 3 | b: name == "bias" -> rho = 1, betas = (1, 2), b2 = 3
   |                      ^^^
   = help: it takes `b1`, `b2`, `eps` and `betas`

error[E611]: `Adam` has no setting `mask`, which the group `a` sets
  --> r.rules:2:30
   |
 2 | a: name == "emb" -> rho = 1, mask = 2, betas = (1, 2, 3)
   |                              ^^^^
   = help: the rules say it

error[E611]: `Adam` has no setting `betas`, which the group `a` sets
  --> r.rules:2:40
   |
 2 | a: name == "emb" -> rho = 1, mask = 2, betas = (1, 2, 3)
   |                                        ^^^^^
   = help: it takes 2 values: `b1` and `b2`

error[E611]: `Adam` has no setting `ep`, which the group `c` sets
  --> r.rules:5:12
   |
 5 | c: else -> ep = 1
   |            ^^
   = help: did you mean `eps`?

error[E611]: the group `b` sets `b2` twice, here as `b2`
  --> r.rules:3:47
   |
 3 | b: name == "bias" -> rho = 1, betas = (1, 2), b2 = 3
   |                                               ^^
   = help: write it once, under the name that you prefer"""
    )


def test_a_rate_that_an_optimizer_does_not_have() -> None:
    text = "a: ndim == 1 -> weight_decay = 0\nb: else -> weight_decay = 0.5"
    assert (
        said(text, {"sgd": SGD})
        == """
error[E611]: `Sgd` has no setting `weight_decay`, which the group `b` sets
  --> r.rules:2:12
   |
 2 | b: else -> weight_decay = 0.5
   |            ^^^^^^^^^^^^
   = help: it takes `beta`, `nesterov` and `momentum`"""
    )
    without = {"": OptimizerSpec("", "Fixed", (), rates=())}
    assert (
        said("all: else -> lr = 0", without)
        == """
error[E611]: `Fixed` has no setting `lr`, which the group `all` sets
  --> r.rules:1:14
   |
 1 | all: else -> lr = 0
   |              ^^"""
    )


def test_nothing_to_train() -> None:
    assert said("all: else -> freeze = true") == (
        "\nerror[E614]: nothing is left to train: every parameter of the model is frozen\n"
        "  = help: `freeze = true` in the rules freezes; train at least one parameter"
    )
    assert said("all: else -> freeze = true", frozen_by="`stop()`").endswith(
        "help: `freeze = true` in the rules and `stop()` freeze; train at least one parameter"
    )
    assert said("all: else -> skip = true") == (
        "\nerror[E614]: nothing is left to train: the rules skip every parameter of the model\n"
        "  = help: `skip = true` leaves a parameter to another optimizer; train at least one here"
    )
    many = inventory({f"w{number}": (2,) for number in range(300)})
    assert said("all: else -> skip = true", model=many) == said("all: else -> skip = true")
    assert said("some: ndim == 1 -> skip = true\nrest: else -> freeze = true").startswith(
        "\nerror[E614]: nothing is left to train: every parameter of the model is frozen or skipped\n"
    )
    assert said("all: else", model=inventory({})) == (
        "\nerror[E614]: there is nothing to train: the model has no parameters\n"
        "  = help: pass the model or the parameters that the optimizer trains"
    )


def test_an_optimizer_that_no_rule_names() -> None:
    def codes(text: str, *names: str) -> list[str]:
        rules = paramrules.assign(paramrules.parse(text), NET)
        specs = {name: ADAM._replace(name=name) for name in names}
        return [paramrules.render(finding) for finding in check_use(rules, specs, Bases())]

    assert codes("all: else", "default", "lion", "muon") == [
        f"warning[W617]: no rule names the optimizer `{name}`\n"
        f'  = help: write `optimizer = "{name}"` among the settings of a rule, or remove the optimizer'
        for name in ("lion", "muon")
    ]
    assert codes("all: else", "lion") == []
    assert codes('large?: ndim == 9 -> optimizer = "lion"\nall: else', "default", "lion") == []
    computed = 'option which = "lion"\nall: else -> optimizer = which'
    assert codes(computed, "default", "lion") == []


def test_rules_that_change_no_setting() -> None:
    def warned(text: str, bases: Bases = Bases(lr=0.1)) -> list[str]:  # noqa: B008 - it is immutable
        assignment = paramrules.assign(paramrules.parse(text, "n.rules"), NET)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warn(check_use(assignment, {"": ADAM}, bases), allows=assignment.rules.allows)
        return [str(warning.message) for warning in caught]

    labels = "vectors: ndim <= 1\nrest: else\n"
    warning = (
        "W619: the groups of `n.rules` differ in nothing but their labels\n"
        "  = help: no rule has settings: write them after `->`, as in `vectors: ... -> lr_scale = 0.1`, "
        "or `# allow: W619` if labels are all that you need"
    )
    assert warned(labels) == warned(labels, Bases(weight_decay=0.0)) == [warning]
    assert warned(labels, Bases()) == []
    assert warned(labels.replace("else", "else -> lr_scale = 1")) == []
    assert warned(labels.replace("vectors", "no_decay")) == []
    assert warned("all: else") == []
    assert warned(f"# allow: W619 -- plots by label\n{labels}") == []

    pair = paramrules.assign(paramrules.parse(labels), NET)
    both = check_use(pair, {"default": ADAM, "sgd": SGD}, Bases(lr=0.1))
    assert [finding.code for finding in both] == ["W617"]
    one_trained = paramrules.assign(paramrules.parse(labels), inventory({"w": (3, 3), "b": (3,)}, ("b",)))
    assert check_use(one_trained, {"": ADAM}, Bases(lr=0.1)) == []


def test_a_setting_of_a_rule_that_takes_nothing_is_pointed_at() -> None:
    text = "slow?: name ~ nothing -> weight_decay_scale = 0.5\nslow: else"
    assert said(text, {"": ADAM._replace(weight_decay=None)}) == (
        """
error[E604]: `weight_decay_scale` has no `weight_decay` to multiply in the group `slow` (0.5)
  --> r.rules:1:26
   |
 1 | slow?: name ~ nothing -> weight_decay_scale = 0.5
   |                          ^^^^^^^^^^^^^^^^^^^^^^^^
   = help: pass `weight_decay=...`, the base rate"""
    )


def test_arguments_go_to_the_optimizers_that_take_them() -> None:
    specs = {"adam": ADAM._replace(bound={"b1": 0.5, "lr": 3}), "sgd": SGD._replace(bound={"momentum": 0.8})}
    given = {"betas": (0.8, 0.9), "momentum": 0.7, "nesterov": True}
    found, wrong = arguments_of(given, specs)
    assert found == {"adam": {"b1": 0.5, "b2": 0.9}, "sgd": {"beta": 0.8, "nesterov": True}}
    assert [paramrules.render(finding) for finding in wrong] == [
        "error[E612]: neither `Adam` nor `Sgd` takes an argument `momentum`\n"
        "  = help: `functools.partial` binds it already: remove one of the two"
    ]


@pytest.mark.parametrize(
    ("key", "help"),
    [
        ("nestorov", "did you mean `nesterov`?"),
        ("alpha", "they take `b1`, `b2`, `eps`, `betas`, `beta`, `nesterov` and `momentum`"),
        ("mask", "the rules say it"),
    ],
)
def test_an_argument_that_no_optimizer_takes(key: str, help: str) -> None:
    (wrong,) = arguments_of({key: 1}, BOTH)[1]
    assert paramrules.render(wrong) == (
        f"error[E612]: neither `Adam` nor `Sgd` takes an argument `{key}`\n  = help: {help}"
    )


def test_an_alias_that_is_only_suggested() -> None:
    spec = ADAM._replace(keys=("decay_rate",))
    (wrong,) = arguments_of({"alpha": 1}, {"": spec})[1]
    assert (
        paramrules.render(wrong)
        == "error[E612]: `Adam` takes no argument `alpha`\n  = help: did you mean `decay_rate`?"
    )


def test_what_is_bound_has_to_be_taken_too() -> None:
    specs = {"adam": ADAM._replace(bound={"epss": 1}), "sgd": SGD._replace(bound={"weight_decay": 1})}
    found, wrong = arguments_of({}, specs)
    assert found == {"adam": {}, "sgd": {}}
    assert [paramrules.render(finding) for finding in wrong] == [
        "error[E612]: `Adam` takes no argument `epss`\n  = help: did you mean `eps`?",
        "error[E612]: `Sgd` takes no argument `weight_decay`\n"
        "  = help: it takes `beta`, `nesterov` and `momentum`",
    ]


def test_the_help_is_that_of_the_first_of_several_optimizers() -> None:
    one, other = (
        OptimizerSpec(name, name, (), rates=(), aliases=ALIASES._replace(help={"lr": f"{name} has none"}))
        for name in ("one", "other")
    )
    (finding,) = lost_bases(Bases(0.1), [one, other])
    assert finding.help == "one has none"


def test_base_rates_that_no_optimizer_uses() -> None:
    assert lost_bases(Bases(0.1, 0.2), BOTH.values()) == []
    bound = ADAM._replace(bound={"lr": 1})
    assert [
        paramrules.render(finding) for finding in lost_bases(Bases(0.1, 0.2), [bound, SGD._replace(rates=())])
    ] == [
        "error[E612]: neither `Adam` nor `Sgd` takes an argument `lr`\n"
        "  = help: `functools.partial` binds it already: remove one of the two"
    ]
    assert [finding.message for finding in lost_bases(Bases(0.1, 0.2), [SGD])] == [
        "`Sgd` takes no argument `weight_decay`"
    ]
    assert lost_bases(Bases({"late": 0.1}), [bound]) == []  # replaces what is bound
    (finding,) = lost_bases(Bases({"late": 0.1, "default": 0.2}), [bound], lr="learning_rate")
    assert finding.message == "`Adam` takes no argument `learning_rate`"


def test_a_group_that_is_added_later() -> None:
    assert choose({"optimizer": "sgd"}, BOTH) == "sgd"
    assert choose({}, BOTH) is None
    assert not_clear("the new group names", {"optimizer": "muon"}, {"sgd": object(), "lion": object()}) == (
        "the new group names the optimizer `muon`, and there are `sgd` and `lion`",
        'pass it too, as in `{"muon": ..., ...}`',
    )


def test_a_rule_cannot_replace_a_schedule_by_a_number() -> None:
    def schedule(step: int) -> float:
        return 1 / step

    text = "a: ndim < 2 -> lr = 1, weight_decay = 0\nb: else -> lr = 0, weight_decay = 2"
    bases = Bases(schedule, {"default": schedule})
    assert (
        said(text, None, bases, schedules=True)
        == """
error[E630]: the groups `a` and `b` set `lr`, and a schedule has no base rate to replace
  --> r.rules:1:16
   |
 1 | a: ndim < 2 -> lr = 1, weight_decay = 0
   |                ^^^^^^
  --> r.rules:2:12
   |
 2 | b: else -> lr = 0, weight_decay = 2
   |            ^^^^^^
   = help: write `lr_scale`, which multiplies the schedule, \
or give the group a schedule of its own, with `schedule`

error[E630]: the group `b` sets `weight_decay`, and a schedule has no base decay to replace
  --> r.rules:2:20
   |
 2 | b: else -> lr = 0, weight_decay = 2
   |                    ^^^^^^^^^^^^^^^^
   = help: write `weight_decay_scale`, which multiplies the schedule, \
or give the group a schedule of its own, with `weight_decay_schedule`"""
    )
    assert routed(text, None, bases)[1] == []


def test_schedules_that_groups_need_and_nobody_passed() -> None:
    text = 'a: ndim == 1 -> weight_decay_scale = 0\nb: else -> schedule = "late"'
    plain = {"": ADAM._replace(name="", lr=None, weight_decay=None)}
    assert [finding.message for finding in routed(text, plain, Bases(0.1, 0.1), schedules=True)[1]] == [
        "the group `b` names the schedule `late`, and only one was passed"
    ]
    named = Bases({"early": 0.1}, {"warm": 0.1, "slow": 0.2})
    assert [(finding.message, finding.help) for finding in routed(text, plain, named, schedules=True)[1]] == [
        (
            "the group `a` names no schedule, and there is only `early`",
            'name one of them `default`, or add one: `{"default": ..., ...}`',
        ),
        (
            "the group `b` names the schedule `late`, and there is only `early`",
            'pass it too, as in `{"late": ..., ...}`',
        ),
        (
            "the group `b` names no decay schedule, and there are `warm` and `slow`",
            'name one of them `default`, or add one: `{"default": ..., ...}`',
        ),
    ]


def test_a_key_that_may_be_a_mark() -> None:
    plain = "a: else -> my_own = 1"
    assert said(plain).endswith('   = help: if it is a mark of your own, pass `marks=["my_own"]`')
    (one,) = groups(plain, marks=["my_own"])
    assert (one.settings, one.marks) == ({}, {"my_own": 1})
    foreign = "# allow: W327 -- ours\na: else -> lr_mult = 2"
    assert said(foreign).endswith(
        '   = help: did you mean `lr_scale = ...`? if it is a mark of your own, pass `marks=["lr_mult"]`'
    )


def test_names_of_schedules_in_rules() -> None:
    text = (
        'option which = "late"\noption other\n'
        'a?: ndim == 9 -> schedule = which\nb?: ndim == 8 -> schedule = "early"\n'
        "c?: ndim == 7 -> schedule = attr(kind)\nrest: else\n"
    )
    assignment = paramrules.assign(paramrules.parse(text), NET, options={"other": 1})
    assert names_in_rules(assignment, "schedule") == {"late", "early"}
    assert names_in_rules(assignment, "weight_decay_schedule") == frozenset()


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 10**400, (0.9, math.nan), [math.inf, 1]])
@pytest.mark.parametrize("is_bound", [False, True])
def test_an_argument_that_is_not_finite_is_an_error(value: object, is_bound: bool) -> None:
    given, bound = ({}, {"betas": value}) if is_bound else ({"betas": value}, {})
    with pytest.raises(ValueError, match=r"^`betas` is .* and should be a finite number$"):
        arguments_of(given, {"": ADAM._replace(bound=bound)})


def test_arguments_that_are_not_numbers_are_not_looked_into() -> None:
    values = {"foo": "nan", "bar": True, "baz": print, "qux": {"eps": math.nan}}
    assert arguments_of(values, {"": ANY._replace(name="")}) == ({"": values}, [])
