"""The targets of a command: what was typed, and what the settings say of the rest."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from paramrules.diagnostics import RulesError, listed
from paramrules.projects.project import Models, Project, Target
from paramrules.rule_files import rule_files
from paramrules.rules.shipped import names_shipped

_FILES: Final = 5
"""The most rule files of a folder that a message names."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The arguments of a command line.

    Attributes:
        rules: the rule file, None if none was typed.
        models: the models, with what describes them.
        given: options as typed.
        strict: True for `--strict`.
    """

    rules: str | None = None
    models: Models = field(default_factory=Models)
    given: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False


def choose(typed: Typed, project: Project | None) -> list[Target]:
    """Return the targets of a command that assigns rules to models.

    Without a rule file they are all those of the settings that have models. Models that were typed replace
    those of the settings, together with their inputs, stacks and vocabulary. Options that were typed go
    before those of the settings.

    Raises:
        ValueError: nothing is left, or it is not clear what; the message says what to type.
        RulesError: E934 if a target lacks a file that it needs.
    """
    configured = project.targets if project else ()
    if typed.rules is not None:
        configured = tuple(target for target in configured if _is_meant(target.rules, typed.rules, project))
    if typed.models.names:
        return [_for_other_models(typed, configured)]
    targets = [target for target in configured if target.models.names]
    if not targets:
        raise ValueError(_nothing(typed, project))
    if missing := [finding for target in targets for finding in target.missing]:
        raise RulesError(missing)
    return [
        replace(
            target,
            rules=typed.rules if typed.rules is not None else target.rules,
            models=_merged(target.models, typed.models),
            given=typed.given,
            strict=typed.strict or target.strict,
        )
        for target in targets
    ]


def _merged(configured: Models, typed: Models) -> Models:
    return replace(
        configured,
        inputs=typed.inputs or configured.inputs,
        stacked={**configured.stacked, **typed.stacked},
        vocabulary=typed.vocabulary or configured.vocabulary,
        where=None if typed.inputs or typed.stacked else configured.where,
    )


def _for_other_models(typed: Typed, configured: tuple[Target, ...]) -> Target:
    """Return the target of models that were typed, with what the settings say of their rule file."""
    files = dict.fromkeys(target.rules for target in configured)
    if typed.rules is None and len(files) != 1:
        raise ValueError(
            f"name the rule file too: {' or '.join(f'`{file}`' for file in files)}"
            if files
            else "name a rule file before the options, such as `vit.rules`"
        )
    for name in dict.fromkeys(name for target in configured for name in target.options):
        if name not in typed.given and len({target.options.get(name) for target in configured}) > 1:
            raise ValueError(
                f"the targets of `{configured[0].rules}` differ in the option `{name}`: "
                f"write `--option {name}=...`"
            )
    return Target(
        typed.rules if typed.rules is not None else next(iter(files)),
        typed.models,
        configured[0].options if configured else {},
        typed.given,
        next((target.mapping for target in configured), None),
        typed.strict or any(target.strict for target in configured),
        next((target.folder for target in configured), "."),
        next((target.where for target in configured), None),
    )


def _is_meant(configured: str, typed: str, project: Project | None) -> bool:
    """Return whether a rule file that was typed is that of a target, be it now or in a revision of git."""
    if names_shipped(configured) or names_shipped(typed):
        return configured == typed
    places = [typed]
    path = typed.partition(":")[2]
    if path and not os.path.lexists(typed):  # `REV:path`, from the root of the repository or from here
        places = [path]
        if project and not path.startswith("."):
            places.append(os.path.join(os.path.dirname(project.file), path))
    return os.path.realpath(configured) in map(os.path.realpath, places)


def _nothing(typed: Typed, project: Project | None) -> str:
    if typed.rules is None:
        if project is None:
            return (
                "name a rule file and a model, `vit.rules --model vit.py:ViT`, or set them in "
                "`[tool.paramrules]` of `pyproject.toml`"
            )
        return f"`{project.file}` has no target with `models`: add one, or name a rule file and a model"
    if typed.rules.endswith(".lock"):
        return f"`{typed.rules}` is a lock: name the rule file, `{typed.rules.removesuffix('.lock')}`"
    if os.path.isdir(typed.rules):
        files = [file for file in rule_files([typed.rules]) if isinstance(file, str)]
        return f"`{typed.rules}` is a folder " + (
            f"of rule files: name {listed([file.replace(os.sep, '/') for file in files[:_FILES]], last='or')}"
            if files
            else "without rule files"
        )
    where = (
        f"give `{typed.rules}` a target with `models` in `{project.file}`"
        if project
        else "set one in `[tool.paramrules]` of `pyproject.toml`"
    )
    return f"name a model, `--model vit.py:ViT`, or {where}"
