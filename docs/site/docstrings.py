"""A Griffe extension for packages and docstrings as this project writes them."""

import re
from typing import Any

import griffe

_EXAMPLE = re.compile(r"^>>> .*(?:\n.+)*", re.MULTILINE)
_SEVERAL = re.compile(r"^( +)(\*{0,2}\w+(?:, \*{0,2}\w+)+): (.+(?:\n\1 .+)*)$", re.MULTILINE)


class Docstrings(griffe.Extension):
    """Render examples (`>>> ...`) as code, list `rules, options: ...` as two arguments, and find functions.

    At run time a function hides the module of its name that it is in (`paramrules_torch.infer`); Griffe sees
    the module.
    """

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of an object."""
        if obj.docstring:
            text = _EXAMPLE.sub(lambda found: f"```pycon\n{found[0]}\n```", obj.docstring.value)
            obj.docstring.value = _SEVERAL.sub(_one_a_line, text)

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Replace modules by the functions that hide them."""
        _uncover(pkg)


def _one_a_line(found: re.Match[str]) -> str:
    indent, names, text = found.groups()
    return "\n".join(f"{indent}{name}: {text}" for name in names.split(", "))


def _uncover(module: griffe.Module) -> None:
    for inner in [*module.modules.values()]:
        if not inner.is_alias:
            _uncover(inner)
    for name in module.exports or ():
        found = module.members.get(str(name))
        if found and found.is_module and str(name) in found.members:
            module.set_member(
                str(name), griffe.Alias(str(name), f"{found.canonical_path}.{name}", parent=module)
            )
