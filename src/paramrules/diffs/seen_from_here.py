"""Locks with their rule files and models as seen from the current folder."""

import os
from dataclasses import replace

from paramrules.locks import Lock, LockedModel
from paramrules.named_models.model_name import read_model_name


def seen_from_here(lock: Lock, path: str) -> Lock:
    """Return a lock whose sections name rule files and models as its own path is given: from here.

    A lock names them relative to its own folder, where those of several folders look the same. A backslash in
    the path of a model is the same as a slash.

    Args:
        lock: the lock.
        path: the path of the lock, or `REV:path`.
    """
    return Lock(tuple(section_seen_from_here(each, path) for each in lock), lock.name)


def section_seen_from_here(section: LockedModel, path: str) -> LockedModel:
    """Return a section of a lock as `seen_from_here` does."""
    folder = os.path.dirname(path.rpartition(":")[2])
    rules, model = section.rules, section.model
    if rules.endswith(".rules"):
        rules = _joined(folder, rules)
    try:
        name = read_model_name(model)
    except ValueError:  # any text may name a model in Python
        return replace(section, rules=rules)
    if name.is_file or name.is_saved:
        model = _joined(folder, name.origin) + model[len(name.origin) :]
    return replace(section, rules=rules, model=model)


def _joined(folder: str, path: str) -> str:
    joined = os.path.join(folder, path.replace("\\", "/"))
    return os.path.normpath(joined).replace(os.sep, "/")
