"""Classes of modules that a user declares with `types`, for a tree that does not know its modules."""

from collections.abc import Mapping, Sequence

from paramrules.backends import UNKNOWN_OWNER, Class, Diagnostic, Owner, RulesError, a, did_you_mean

Types = Mapping[str, type]
"""The class of a module by canonical path: `{"encoder.layers_0.norm": flax.linen.LayerNorm}`."""

BY_OWNER = ("type", "within", "role", "fan_in", "fan_out")
"""The facts that depend on a parameter's module."""


def with_declared(names: Sequence[str], owners: Sequence[Owner], types: Types | None) -> Sequence[Owner]:
    """Return the owners, those that the tree does not know from `types`.

    Raises RulesError: E532 for a value that is not a class, E533 for a module that is not in the tree, E534
    for one whose class is known to be another.
    """
    if not types:
        return owners
    modules = [name.rpartition(".")[0] for name in names]
    for path, cls in types.items():
        _check(path, cls, modules)
    for owner, module in zip(owners, modules, strict=True):
        if module in types and owner.known and owner.cls != Class.of(types[module]):
            raise RulesError(
                Diagnostic(
                    "E534",
                    f"`{module}` is {a(owner.cls.name)}, and `types` says `{Class.of(types[module]).name}`",
                    help="leave it out of `types`, which is for modules of unknown class",
                )
            )
    declared: dict[str, Owner] = {}
    for module in set(modules) & set(types):
        parts = module.split(".") if module else []
        paths = ["", *(".".join(parts[: count + 1]) for count in range(len(parts)))]
        declared[module] = Owner(tuple(Class.of(types[path]) for path in paths if path in types))
    return [
        owner if owner.known else declared.get(module, UNKNOWN_OWNER)
        for owner, module in zip(owners, modules, strict=True)
    ]


def _check(path: str, cls: object, modules: Sequence[str]) -> None:
    if not isinstance(cls, type):
        raise RulesError(
            Diagnostic(
                "E532",
                f"the type of `{path}` is `{cls!r}`, which is not a class",
                help='pass the class itself: `types={"encoder.norm": LayerNorm}`',
            )
        )
    if path and path not in modules and not any(module.startswith(path + ".") for module in modules):
        raise RulesError(
            Diagnostic(
                "E533",
                f"`types` names a module `{path}`, which the tree does not have",
                help=did_you_mean(path, modules) or "paths are canonical: `encoder.layers_0.norm`",
            )
        )


def unknown_by_owner(names: Sequence[str], owners: Sequence[Owner]) -> dict[str, str]:
    """Return the facts that are unknown where an owner is, each with what to do about it."""
    without = [name for name, owner in zip(names, owners, strict=True) if not owner.known]
    if not without:
        return {}
    more = f" (and of {len(without) - 1} more)" if len(without) > 1 else ""
    module = without[0].rpartition(".")[0]
    cls = "YourModule" if module else "YourModel"
    help = (
        f"the tree does not know the module of `{without[0]}`{more}: name its class, as in "
        f'`paramrules.inventory(params, types={{"{module}": {cls}}})`'
    )
    return dict.fromkeys(BY_OWNER, help)
