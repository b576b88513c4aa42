"""The installed libraries are searched for wrappers: each is in the table, or has a reason not to be."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from paramrules_torch.wrappers import WRAPPERS

from paramrules.inventories.owner import named

LIBRARIES = (
    "torch",
    "lightning",
    "lightning_fabric",
    "pytorch_lightning",
    "accelerate",
    "transformers",
    "peft",
)
UNREAD = ("torch/testing/", "torch/_inductor/", "torch/onnx/", "torch/include/", "transformers/models/")
"""Folders without anything that a user wraps a model in."""

NO_WRAPPERS = {
    "torch.nn.cpp.ModuleWrapper": "a C++ module has no children that Python sees",
    "torch._functorch.make_functional.FunctionalModule": "it keeps a copy without parameters",
    "torch._functorch.make_functional.FunctionalModuleWithBuffers": "it keeps a copy without parameters",
    "torch.ao.ns._numeric_suite.Shadow": "compares two models, and both keep their names",
    "torch.backends._nnapi.prepare.NnapiModule": "runs on a phone",
    "torch.jit._trace.ONNXTracedModule": "lives while a graph is traced",
    "accelerate.utils.megatron_lm.MegatronEngine": "keeps its models in a list, which is no child",
    "transformers.integrations.executorch.TorchExportableModuleWithStaticCache": "exported for inference",
    "transformers.integrations.executorch.TorchExportableModuleWithHybridCache": "exported for inference",
    "transformers.integrations.executorch.Seq2SeqLMEncoderExportableModule": "exported for inference",
    "transformers.integrations.executorch.Seq2SeqLMExportableModule": "exported for inference",
    "peft.tuners.shadow.diffusion_models.DetachedFluxShadowModel": "made for inference",
}

_CLASS = re.compile(r"^class (\w+)(?:\[.*\])?\(([^)]*)\):", re.MULTILINE)
_INIT = re.compile(r"^    def __init__\((.*?)^    (?:def|@)", re.MULTILINE | re.DOTALL)
_MODULE = r"(\w*(?:module|model|mod|base_layer|inner))"
_KEPT = re.compile(
    rf"^        self\.(?:(\w+)(?:: [^=\n]+)? = (?:(?:copy\.)?deepcopy\()?{_MODULE}\)?(?: if .*)?"
    rf"|add_module\([\"'](\w+)[\"'], {_MODULE}\))(?:  #.*)?$",
    re.MULTILINE,
)


def wrappers_in(text: str) -> Iterator[tuple[str, set[str]]]:
    """The classes that keep a module which their constructor is given, with the names of the children."""
    heads = [*_CLASS.finditer(text)]
    ends = [head.start() for head in heads[1:]] + [len(text)] * bool(heads)
    for head, end in zip(heads, ends, strict=True):
        init = _INIT.search(text[head.end() : end] + "\n    def ")
        if init is None or "Module" not in head[2]:
            continue
        signature = re.split(r"\)(?: ->[^\n]*)?:\n", init[1], maxsplit=1)[0]
        kept = {
            (match[1] or match[3])
            for match in _KEPT.finditer(init[1])
            if re.search(rf"\b{match[2] or match[4]}\b(?!: (?:bool|str|int|Callable))", signature)
        }
        if kept:
            yield head[1], kept


def found(library: str) -> dict[str, set[str]]:
    spec = find_spec(library)
    if spec is None or spec.origin is None:
        return {}
    root = Path(spec.origin).parent
    classes = {}
    for path in root.rglob("*.py"):
        relative = path.relative_to(root.parent).as_posix()
        if not relative.startswith(UNREAD):
            text = path.read_text("utf-8", "replace")
            if "Module" in text and _KEPT.search(text):
                module = relative.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
                classes.update({f"{module}.{name}": kept for name, kept in wrappers_in(text)})
    return classes


@pytest.mark.parametrize("library", LIBRARIES)
def test_wrappers_of_the_installed_libraries_are_known(library: str) -> None:
    unknown = []
    for cls, kept in found(library).items():
        keeps = {key for wrapper, key in WRAPPERS.items() if named(wrapper, cls)}
        tuned = library == "peft" and kept <= {"base_layer", "quant_linear_module"}  # BaseTunerLayer's
        if not (keeps & kept or cls in NO_WRAPPERS or tuned):
            unknown.append(f"{cls}: {', '.join(sorted(kept))}")
    assert unknown == []


def test_the_search_sees_what_is_in_the_table() -> None:
    every = {cls: kept for library in ("torch", "lightning", "peft") for cls, kept in found(library).items()}
    seen = {w for w, key in WRAPPERS.items() for cls, kept in every.items() if named(w, cls) and key in kept}
    assert seen >= {
        "torch.nn.DataParallel",
        "torch.optim.swa_utils.AveragedModel",
        "torch.ao.quantization.QuantWrapper",
        "torch._dynamo.OptimizedModule",
        "lightning.fabric.wrappers._FabricModule",
        "peft.tuners.tuners_utils.BaseTuner",
    }
