"""The models of a rule file, by the settings of its project. Nothing is built in this process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.inventories import Inventory
from paramrules.inventory_of_model import inventory as inventory_of
from paramrules.named_models import ModelName
from paramrules.projects import Project, Target
from paramrules.safe_files import why, write_whole

REBUILD: Final = "paramrules.rebuildInventory"
"""The command that builds the models of a document."""
CACHE: Final = ".paramrules_cache"
"""The folder beside the settings that keeps the inventories of models that were built for an editor."""


class ModelOf(NamedTuple):
    """A model of a rule file.

    Attributes:
        target: the target of the settings.
        name: its name.
    """

    target: Target
    name: ModelName

    @property
    def folder(self) -> str:
        """The folder of the settings."""
        return os.path.abspath(self.target.folder)

    @property
    def text(self) -> str:
        """Its name as the settings have it."""
        return self.name.relative_to(self.target.folder)

    @property
    def arguments(self) -> list[str]:
        """The arguments of `paramrules inventory`, in the folder of the settings."""
        models = self.target.models
        return [
            self.text,
            *(word for each in models.inputs for word in ("--input", each.text)),
            *(word for path, axes in models.stacked.items() for word in ("--stacked", f"{path}={axes}")),
            *(word for file in models.vocabulary for word in ("--vocabulary", os.path.abspath(str(file)))),
        ]

    @property
    def file(self) -> str:
        """The file of its inventory."""
        if self.name.is_saved:
            return os.path.abspath(self.name.origin)
        digest = sha256("\0".join(self.arguments).encode("utf-8", "surrogatepass")).hexdigest()
        return os.path.join(self.folder, CACHE, f"{digest[:16]}.json")

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The files that say what its classes are; a built inventory holds them already."""
        return tuple(map(str, self.target.models.vocabulary)) if self.name.is_saved else ()


class Models:
    """Finds inventories, and reads each file again only when it has changed."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, tuple[str, ...]], tuple[tuple[int, int], Inventory]] = {}

    def of(self, path: str | None, project: Project | None) -> list[ModelOf]:
        """Return the models of the rule file at a path."""
        if path is None or project is None:
            return []
        real = os.path.realpath(path)
        return [
            ModelOf(target, name)
            for target in project.targets
            if os.path.realpath(target.rules) == real
            for name in target.models.names
        ]

    def inventory(self, model: ModelOf) -> Inventory:
        """Return the inventory of a model.

        Raises:
            RulesError: N981 if the model is not built, and what `Inventory.load` raises.
        """
        if not model.name.is_saved and not os.path.exists(model.file):
            raise RulesError(
                Diagnostic(
                    "N981",
                    f"`{model.text}` is not built yet, so nothing is known of its parameters here",
                    help=f"run the command `{REBUILD}`: it runs the model's code",
                )
            )
        stamp = _stamp(model.file)
        key = model.file, model.vocabulary
        known = self._read.get(key)
        if known is None or known[0] != stamp:
            inventory = inventory_of(Inventory.load(model.file), vocabulary=model.vocabulary or None)
            known = self._read[key] = stamp, inventory
        return known[1]

    def remarks(self, model: ModelOf) -> Iterator[Diagnostic]:
        """Yield a note if a model's file has changed since it was built."""
        if model.name.is_file and _stamp(model.name.origin)[0] > _stamp(model.file)[0]:
            yield Diagnostic(
                "N982",
                f"`{os.path.basename(model.name.origin)}` has changed since `{model.text}` was built",
                help=f"run the command `{REBUILD}`",
            )


def _stamp(path: str) -> tuple[int, int]:
    """Return the time of a file's last change and its size, zeros if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def build(model: ModelOf) -> None:
    """Build a model in a process of its own, and keep its inventory.

    Raises:
        RulesError: E983 if it cannot be built, E703 if its inventory cannot be kept.
    """
    cache = Path(model.file).parent
    try:
        cache.mkdir(exist_ok=True)
    except OSError as error:
        raise _unbuilt(model, f"the folder `{cache}` cannot be made: {why(error)}") from error
    write_whole(cache / ".gitignore", "*\n")
    command = [sys.executable, "-m", "paramrules", "inventory", *model.arguments, "-o", model.file, "--json"]
    ran = subprocess.run(
        command, cwd=model.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        last = (ran.stderr.strip() or f"exit code {ran.returncode}").splitlines()[-1]
        raise _unbuilt(model, _messages(ran.stdout) or last)


def _unbuilt(model: ModelOf, reason: str) -> RulesError:
    return RulesError(Diagnostic("E983", f"`{model.text}` cannot be built: {reason}"))


def _messages(answer: str) -> str:
    """Return the messages in the answer of a command; "" if it has not got to answer."""
    try:
        return "; ".join(finding["message"] for finding in json.loads(answer)["findings"])
    except ValueError:
        return ""
