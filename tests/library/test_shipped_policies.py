"""Policies of the shipped library: their form, their versions, and where a name in brackets may stand."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import inventory_of

import paramrules
from paramrules.ci import steps
from paramrules.diagnostics import RulesError, render
from paramrules.fixing import fix_file
from paramrules.projects import read_project
from paramrules.rules import shipped
from paramrules.rules.load import read
from paramrules.rules.shipped import Policy, definitions, find_policy, policies
from paramrules.syntax.nodes import Include

RELEASED = {
    "<beit@1>": "ea30c6939cbfb541",
    "<bert@1>": "f040e081727ca8dc",
    "<big_vision@1>": "7cd70cb22ad23e73",
    "<big_vision/lit@1>": "dec7bd93b572dd01",
    "<convnext@1>": "f2378a90c3e9d984",
    "<deformable_detr@1>": "61b0c91b01109db4",
    "<deit@1>": "6f9a4ae6563b654b",
    "<detectron2@1>": "8428cba0a2cfe691",
    "<detr@1>": "d755b81053536b2a",
    "<dinov2@1>": "0784eab0fa15595f",
    "<levanter@1>": "041c92de0feae2bf",
    "<llava@1>": "6c1f9714ae774e5d",
    "<llava_lr_mapper@1>": "ea191535f726f3be",
    "<lora_plus@1>": "1dc5459eb1bf2cdc",
    "<mae@1>": "7d61a985f3b7b419",
    "<megatron@1>": "5c11aa771147371d",
    "<mingpt@1>": "b9bc3d2d7e5d9dea",
    "<mmengine@1>": "e0f23011b539383e",
    "<modded_nanogpt@1>": "0322e605b2a4dcab",
    "<muon@1>": "a6c492a513a0ec42",
    "<mup@1>": "19a7bf00681efaa6",
    "<mup/layer_decay@1>": "ac449b39fea3be54",
    "<nanogpt@1>": "6f2920dd5d89bc11",
    "<s4@1>": "786f5ce60f827c46",
    "<timm/layer_decay@1>": "0c5af5958534ff1c",
    "<timm/weight_decay@1>": "668d7a14dde5dc49",
    "<transformers/flax@1>": "a33d08ee6dd58f00",
    "<transformers/trainer@1>": "93635fe13a38375c",
    "<x_transformers/create_optimizer@1>": "2ccd6ac7e4d31f38",
    "<x_transformers/decay@1>": "6890447a8c5ca2ef",
    "<x_transformers/muon@1>": "884c5c0573cadaf0",
    "<yolov5@1>": "4bf333a5c77b96d0",
}
"""The first characters of the SHA-256 of each version that was released. A row never changes and never goes:
a policy that has to change becomes a new file, `NAME@2.rules`, with a row of its own."""

EVERY = [policy for versions in policies().values() for policy in versions]


def digest(policy: Policy) -> str:
    return hashlib.sha256(policy.source.text.encode()).hexdigest()[:16]


def test_a_version_never_changes() -> None:
    assert {str(policy): digest(policy) for policy in EVERY} == RELEASED


@pytest.mark.parametrize("policy", EVERY, ids=str)
def test_each_policy_reads_without_a_finding(policy: Policy) -> None:
    rules = paramrules.load(str(policy))
    assert rules.findings == ()
    assert rules.source.name == str(policy)


@pytest.mark.parametrize("policy", EVERY, ids=str)
def test_each_policy_says_in_a_line_what_it_is_and_where_it_comes_from(policy: Policy) -> None:
    first, second, *_ = policy.source.text.splitlines()
    assert first == f"# {policy.summary}."
    assert second == f"# {policy.url}"
    assert len(first) <= 122


@pytest.mark.parametrize("policy", EVERY, ids=str)
def test_a_policy_includes_nothing_that_could_change(policy: Policy) -> None:
    assert not any(isinstance(each, Include) for each in paramrules.load(str(policy)).file.statements)


def test_files_of_definitions_are_as_they_were() -> None:
    assert definitions() == ["norms", "timm", "transformers"]
    assert [str(find_policy(name)) for name in ("nanogpt", "<nanogpt>", "<nanogpt@1>")] == ["<nanogpt@1>"] * 3
    assert read("<norms>").lets.keys() == {"norm", "norm_or_bias"}


@pytest.fixture
def two_versions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A library in which `nets/decay` has the versions 1, 9 and 10."""
    (tmp_path / "nets").mkdir()
    for version in (1, 9, 10):
        path = tmp_path / "nets" / f"decay@{version}.rules"
        path.write_text(f"# Decay.\n# https://x.org\nedition 1\n\nv{version}: else\n")
    (tmp_path / "README").write_text("not a rule file")
    monkeypatch.setattr(shipped, "_library", lambda: tmp_path)
    shipped._files.cache_clear()
    yield
    shipped._files.cache_clear()


@pytest.mark.usefixtures("two_versions")
def test_without_a_version_it_is_the_newest_and_a_note_says_which() -> None:
    rules = paramrules.load("<nets/decay>")
    assert [rule.label.text for rule in rules.axes[0].rules] == ["v10"]
    assert [render(finding) for finding in rules.findings] == [
        "note[N974]: `<nets/decay>` is `<nets/decay@10>`, the newest version\n"
        "  = help: write `<nets/decay@10>` to keep this version when a newer one comes"
    ]
    old = paramrules.load("<nets/decay@9>")
    assert [rule.label.text for rule in old.axes[0].rules] == ["v9"]
    assert old.findings == ()


@pytest.mark.usefixtures("two_versions")
def test_a_version_that_there_is_not() -> None:
    assert _error("<nets/decay@2>") == (
        "error[E971]: `<nets/decay>` has no version 2\n"
        "  = help: there is `<nets/decay@1>` and `<nets/decay@9>` and `<nets/decay@10>`"
    )


def _error(name: str) -> str:
    with pytest.raises(RulesError) as raised:
        paramrules.load(name)
    return render(raised.value.diagnostics[0])


@pytest.mark.parametrize(
    ("name", "error", "help"),
    [
        (
            "<timm/layr_decay>",
            "[E970]: the shipped library has no policy `timm/layr_decay`",
            "did you mean `<timm/layer_decay>`?",
        ),
        (
            "<layer_decay>",
            "[E970]: the shipped library has no policy `layer_decay`",
            "did you mean `<mup/layer_decay>` or `<timm/layer_decay>`?",
        ),
        (
            "<qqq@1>",
            "[E970]: the shipped library has no policy `qqq`",
            "`paramrules library` lists the policies",
        ),
        ("<>", "[E970]: the shipped library has no policy ``", "`paramrules library` lists the policies"),
        (
            "<../x>",
            "[E970]: the shipped library has no policy `../x`",
            "`paramrules library` lists the policies",
        ),
        (
            "<timm>",
            "[E973]: `<timm>` holds definitions to include, and no rules",
            "the policies are `<timm/layer_decay>`, `<timm/weight_decay>`",
        ),
        (
            "<norms>",
            "[E973]: `<norms>` holds definitions to include, and no rules",
            "include it in a file of rules: `include <norms>`",
        ),
    ],
)
def test_a_name_that_is_not_a_policy(name: str, error: str, help: str) -> None:
    assert _error(name) == f"error{error}\n  = help: {help}"


@pytest.mark.parametrize("written", ["timm/layer_decay", "timm/layer_decay@1"])
def test_a_policy_cannot_be_included(written: str) -> None:
    with pytest.raises(RulesError) as raised:
        paramrules.parse(f"include <{written}>\na: else\n")
    assert render(raised.value.diagnostics[0]) == (
        f"error[E972]: `<{written}>` is a policy, and only definitions can be included\n"
        "  --> <rules>:1:9\n"
        "   |\n"
        f" 1 | include <{written}>\n"
        f"   |         {'^' * (len(written) + 2)}\n"
        "   = help: use it in place of this file, or write its rules out: `paramrules new timm/layer_decay`"
    )


def test_a_policy_for_other_models_says_so() -> None:
    inventory = inventory_of(
        [{"name": name, "shape": (4, 4)} for name in ("conv_stem.weight", "blocks.0.conv.weight")]
    )
    for rules, says in (
        (paramrules.load("<timm/layer_decay@1>"), "this policy is for other models; "),
        (paramrules.parse(policies()["timm/layer_decay"][0].copy, "<own>"), ""),
    ):
        with pytest.raises(RulesError) as raised:
            paramrules.assign(rules, inventory)
        help = next(each.help for each in raised.value.diagnostics if each.code == "E206")
        named = rules.source.name
        assert help == f"{says}`paramrules explain '{named}' conv_stem.weight --model ...` says why"


def test_a_file_of_ones_own_is_never_taken_for_one_of_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("<nanogpt>").write_text("mine: else\n")
    Path("<mine>").write_text("mine: else\n")
    for own in ("./<nanogpt>", Path("<nanogpt>"), "./<mine>", str(tmp_path / "<nanogpt>")):
        assert [rule.label.text for rule in paramrules.load(own).axes[0].rules] == ["mine"]
    assert [rule.label.text for rule in paramrules.load("<nanogpt@1>").axes[0].rules] == ["decay", "no_decay"]
    assert _error("<mine>").startswith("error[E970]: the shipped library has no policy `mine`")


ROWS = inventory_of([{"name": "w", "shape": (2, 2)}, {"name": "b", "shape": (2,)}])


def test_wherever_rules_are_taken() -> None:
    groups = paramrules.assign("<nanogpt@1>", ROWS).groups
    assert [(group.label, dict(group.settings)) for group in groups] == [
        ("decay", {}),
        ("no_decay", {"weight_decay": 0}),
    ]
    assert [finding.code for finding in paramrules.assign("<nanogpt>", ROWS).findings] == ["N974"]
    assert paramrules.check("<nanogpt@1>") == []
    assert fix_file("<nanogpt>").left == tuple(paramrules.check("<nanogpt>"))
    assert paramrules.portable("<nanogpt@1>") == []
    assert paramrules.parity("<nanogpt>", ROWS, ROWS).same
    assert paramrules.diff("<nanogpt@1>", "<nanogpt>", ROWS).same
    assert paramrules.expectations("<nanogpt@1>", ROWS) == ()


def test_copies_are_the_policies_with_a_line_that_says_so() -> None:
    for policy in EVERY:
        assert policy.copy == f"# A copy of `{policy}`.\n{policy.source.text}"
        assert paramrules.parse(policy.copy).file == paramrules.load(str(policy)).file


def test_settings_of_a_project_may_name_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ROWS.save(tmp_path / "net.json")
    settings = tmp_path / "paramrules.toml"
    settings.write_text('[[targets]]\nrules = "<nanogpt@1>"\nmodels = ["net.json"]\n')
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    project = read_project(settings)
    assert project is not None
    assert (project.rule_files, project.own_files) == (("<nanogpt@1>",), ())
    (target,) = project.targets
    assert target.lock == "../nanogpt.rules.lock"
    lock = paramrules.lock({"net.json": paramrules.assign("<nanogpt@1>", ROWS)})
    Path(target.lock).write_text(lock.text)
    assert [
        (each.name, each.file, each.result) for each in steps(project, lambda models: models.inventories())
    ] == [
        ("check", "<nanogpt@1>", "ok"),
        ("test", "<nanogpt@1>", "ok"),
        ("lock", "../nanogpt.rules.lock", "ok"),
    ]


def test_settings_that_name_a_policy_that_there_is_not(tmp_path: Path) -> None:
    settings = tmp_path / "paramrules.toml"
    settings.write_text('[[targets]]\nrules = "<nanogtp>"\n')
    with pytest.raises(RulesError) as raised:
        read_project(settings)
    (finding,) = raised.value.diagnostics
    assert (finding.code, finding.message) == ("E934", "the shipped library has no policy `nanogtp`")
    assert finding.help == "did you mean `<nanogpt>`?"


def test_the_page_lists_what_is_there() -> None:
    page = (Path(__file__).parents[2] / "docs" / "library.md").read_text("utf-8")
    listed = re.findall(r"^\| `<([^>]+)>` \|", page, re.MULTILINE)
    assert listed == sorted(policies())


@pytest.mark.parametrize("name", ["timm/layer_decay", "timm/layer_decay@1", "<timm/layer_decay"])
def test_a_policy_without_its_brackets_is_not_a_file(name: str) -> None:
    assert _error(name).startswith(
        f"error[E101]: `{name}` cannot be read: it does not exist\n"
        '  = help: did you mean `"<timm/layer_decay@1>"` of the shipped library?'
    )
