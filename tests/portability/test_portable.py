"""The findings of `check --portable`, and files without any."""

from pathlib import Path

import pytest

import paramrules
from paramrules import RulesError

EXAMPLES = Path(__file__).parents[2] / "examples"


def said(text: str) -> list[tuple[str, str, str]]:
    """Code, marked text and help of each finding."""
    found = paramrules.portable(paramrules.parse(text))
    assert not any(finding.is_error for finding in found)
    return [(finding.code, finding.span.text, finding.help) for finding in found if finding.span]


WEIGHT = "write `role == weight`; a norm's gain is `role == scale`, a table `role == embedding`"


@pytest.mark.parametrize(
    ("predicate", "marked", "help"),
    [
        ('leaf == "kernel"', 'leaf == "kernel"', "write `role == weight`"),
        ('leaf != "weight"', 'leaf != "weight"', WEIGHT),
        (r"name ~ \.weight$ and ndim == 2", r"name ~ \.weight$", WEIGHT),
        ("name ~ (?i)bias|weight", "name ~ (?i)bias|weight", WEIGHT),
        ("leaf ~ ^w$", "leaf ~ ^w$", "write `role == weight`"),
        (r"name ~ \.w$", r"name ~ \.w$", "write `role == weight`"),
        ('name like "*.scale"', 'name like "*.scale"', "write `role == scale`"),
        ("leaf ~ offset", "leaf ~ offset", "write `role == bias`"),
        ('leaf in ("bias", "embeddings")', 'leaf in ("bias", "embeddings")', "write `role == embedding`"),
        (
            'name == "lm_head.weight"',
            'name == "lm_head.weight"',
            'write `module == "lm_head" and role == weight`',
        ),
    ],
)
def test_names_of_leaves(predicate: str, marked: str, help: str) -> None:
    assert said(f"a: {predicate}") == [("W811", marked, help)]


@pytest.mark.parametrize(
    "predicate",
    [
        'leaf in ("weight", "kernel", "w")',
        'leaf == "weight" or leaf == "kernel"',
        'leaf == "scale" or name ~ gamma',
        "name ~ bias|norm",
        "name ~ embedding",  # a module as much as a leaf
        "name ~ in_proj_weight",
        'name like "weight.*"',
        "module ~ weight",
        'module == "kernel"',
        'module like "*.kernel"',
        "role in (weight, scale)",
        "leaf ~ ^[a-z]+$",
    ],
)
def test_names_that_say_no_leaf_or_several(predicate: str) -> None:
    assert said(f"a: {predicate}") == []


@pytest.mark.parametrize(
    ("alternatives", "code", "help"),
    [
        ("Dense", "W812", "write `type(Linear)`, which stands for it in every framework"),
        (
            "Foo",
            "W812",
            "call the class so in every framework, or silence this with `# allow: W812 -- reason`",
        ),
        ("Gemma3RMSNorm", "W812", "write `type(RMSNorm)`, which stands for it in every framework"),
        ("Dense*", "W812", "write `type(Linear)`, which stands for it in every framework"),
        (
            "_*Norm",
            "W812",
            "write `type(BatchNorm|InstanceNorm)`, which stands for it in every framework",
        ),
        ("torch.nn.Conv2d", "W813", "write `type(Conv2d)`, which stands for it in every framework"),
        (
            "torch.nn.*Norm",
            "W813",
            "write `type(LayerNorm|RMSNorm|GroupNorm|BatchNorm|InstanceNorm)`, "
            "which stands for it in every framework",
        ),
        ("my.Foo", "W813", "write the name alone, if it is the same in all frameworks"),
    ],
)
def test_classes(alternatives: str, code: str, help: str) -> None:
    assert said(f"a: type(LayerNorm|{alternatives})") == [(code, alternatives, help)]


def test_classes_of_every_framework() -> None:
    assert said("a: type(LayerNorm|*Norm|Conv2d|*Foo) or within(Attention)") == []


def test_where_a_class_is_looked_for_is_kept() -> None:
    assert said("a: within(torch.nn.LayerNorm)") == [
        ("W813", "torch.nn.LayerNorm", "write `within(LayerNorm)`, which stands for it in every framework")
    ]


def test_variables() -> None:
    help = "test the class of the owner with `type(...)`, or a name or an attribute"
    assert said("a: variable(LoRAParam)") == [("W814", "variable(LoRAParam)", help)]


FANS = "`fan_in`, `fan_out`, `size` and `ndim` are the same in every framework"


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("a: shape[0] == 3", "shape[0]"),
        ("a: else -> lr_scale = 1 / shape[-1]", "shape[-1]"),
        ("a: shape == (768, *)", "shape == (768, *)"),
        ("a: shape != (3, 4)", "shape != (3, 4)"),
    ],
)
def test_shapes(text: str, marked: str) -> None:
    assert said(text) == [("W815", marked, FANS)]


@pytest.mark.parametrize("shape", ["(768,)", "(1, *, 768)", "(3, 3)", "(4, *, 4)"])
def test_shapes_that_are_alike_everywhere(shape: str) -> None:
    assert said(f"a: shape == {shape}") == []


@pytest.mark.parametrize("predicate", ["attr(lr_mult)", "attr(lr_mult.x) == 2"])
def test_attributes(predicate: str) -> None:
    help = "use a name, a type or a role, or list names in a `no_weight_decay()` of the model"
    assert said(f"a: {predicate}") == [("W816", predicate.partition(" ")[0], help)]
    assert said("a: attr(no_weight_decay)") == []
    assert said(f"a: module_{predicate}") == [
        (
            "W816",
            f"module_{predicate.partition(' ')[0]}",
            "pass the model itself everywhere, or use a name, a type or a role",
        )
    ]


@pytest.mark.parametrize(
    ("regex", "mended"),
    [
        (r"^blocks\.(?<i>\d+)\.", r"^blocks[._](?<i>\d+)\."),
        (r"layers_\d", r"layers[._]\d"),
        (r"(?:a|b)\.(?:[0-3]|\d{2})", r"(?:a|b)[._](?:[0-3]|\d{2})"),
        (r"stages\.2\.(\d+)\.(?:x|blocks\.\d+)?", r"stages[._]2[._](\d+)\.(?:x|blocks[._]\d+)?"),
        (r"fc_1$", r"fc[._]1$"),
    ],
)
def test_numbers(regex: str, mended: str) -> None:
    assert said(f"a: name ~ {regex}") == [("W817", f"name ~ {regex}", f"write `{mended}`")]


@pytest.mark.parametrize(
    "regex", [r"blocks[._]\d+", r"layer\d+\.conv", r"\.[a-z]", r"x\.\d*", r"x\.$", r"\.(\d|a)"]
)
def test_numbers_that_any_name_may_have(regex: str) -> None:
    assert said(f"a: name ~ {regex}") == []


@pytest.mark.parametrize(
    ("rules", "marked"),
    [
        ("a: type(Linear)\nb: type(Embedding)", ["type(Linear)"]),
        (
            "a: type(Conv|Linear) and ndim == 2\nb: role in (embedding, bias)",
            ["type(Conv|Linear) and ndim == 2"],
        ),
        ("a: type(Lin*)\nb: type(Embed*) and name !~ pos", ["type(Lin*)"]),
        ("let l = type(Linear)\na: l or tied\nb: type(Embedding) and name ~ tok\nc: else", ["l or tied"]),
        # a rule that only some tables come to is no refuge
        ("e: type(Embedding) and name ~ pos\na: type(Linear)\nb: type(Embedding)", ["type(Linear)"]),
        (
            "a: type(Linear) and ndim == 2\nb: type(Linear)\nc: role == embedding",
            ["type(Linear) and ndim == 2", "type(Linear)"],
        ),
        # the rule for embeddings is first, or there is none
        ("b: type(Embedding)\na: type(Linear)\nc: role == embedding", []),
        ("a: type(Linear|Embedding)\nb: role == embedding and ndim == 2", []),
        ("a: type(Linear)\nb: type(Conv)\nc: else", []),
        ("[x]\na: type(Linear)\n[y]\nb: type(Embedding)", []),
        # the upper rule leaves the table alone
        ("a: type(Linear) and role == weight\nb: type(Embedding)", []),
        ("a: type(Linear) and role != embedding\nb: type(Embedding)", []),
        ("a: type(Linear) and not type(Embedding)\nb: type(Embedding)", []),
        ("a: type(Linear) and not tied\nb: type(Embedding)", []),
        ("a: type(Linear) and name ~ mlp\nb: type(Embedding)", []),
        ("a: type(Linear)  # allow: W818 -- nothing is tied\nb: type(Embedding)", []),
    ],
)
def test_tied_heads(rules: str, marked: list[str]) -> None:
    assert [text for code, text, _ in said(rules) if code == "W818"] == marked


def test_a_rule_of_too_many_branches_is_passed_over() -> None:
    branches = " and ".join(f"(ndim == {n} or size == {n})" for n in range(8))
    assert said(f"a: type(Linear) and {branches}\nb: type(Embedding)") == []


def test_each_place_is_pointed_at_once_and_what_is_included_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.rules").write_text(
        "include <transformers>\n"
        'let kernels = leaf == "kernel"\n'
        "[one]\na: kernels and gpt_layer\nexpect a: type(torch.nn.Linear)\n"
        "[two]\nb: kernels -> lr_scale = attr(x)\n"
        'c: leaf == "weight"  # allow: W811 -- only torch has c\n'
    )
    found = paramrules.portable(tmp_path / "a.rules")
    assert [(finding.code, finding.span and finding.span.text) for finding in found] == [
        ("W811", 'leaf == "kernel"'),
        ("W813", "torch.nn.Linear"),
        ("W816", "attr(x)"),
    ]


def test_a_file_of_definitions(tmp_path: Path) -> None:
    (tmp_path / "lets.rules").write_text('let kernels = leaf == "kernel"\n')
    assert [finding.code for finding in paramrules.portable(str(tmp_path / "lets.rules"))] == ["W811"]


def test_a_file_with_errors() -> None:
    with pytest.raises(RulesError, match="E101"):
        paramrules.portable("missing.rules")


@pytest.mark.parametrize("path", ["twins/t5/t5.rules", "quickstart/quickstart.rules"])
def test_files_that_were_written_for_several_frameworks(path: str) -> None:
    assert paramrules.portable(EXAMPLES / path) == []


def test_a_shipped_policy_for_several_frameworks() -> None:
    assert paramrules.portable("<x_transformers/decay@1>") == []
