"""A repository's settings: which rule files belong to which models, in `pyproject.toml` or `paramrules.toml`.

Only the command line reads them, never `build` and its like: what a model is trained with stands in the code
that trains it.
"""

from typing import TYPE_CHECKING

from paramrules.lazy_names import importer

if TYPE_CHECKING:
    from paramrules.projects.choosing import Typed, choose
    from paramrules.projects.finding import find_project
    from paramrules.projects.project import Models, Project, Target
    from paramrules.projects.reading import SCHEMA, read_project

_HOMES = {
    "SCHEMA": "reading",
    "Models": "project",
    "Project": "project",
    "Target": "project",
    "Typed": "choosing",
    "choose": "choosing",
    "find_project": "finding",
    "read_project": "reading",
}

__all__ = ["SCHEMA", "Models", "Project", "Target", "Typed", "choose", "find_project", "read_project"]

if not TYPE_CHECKING:  # for type checkers a misspelt name is an error
    __getattr__ = importer(__name__, {name: f"{__name__}.{module}" for name, module in _HOMES.items()})
