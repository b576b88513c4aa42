"""A repository's settings: which rule files belong to which models, in `pyproject.toml` or `paramrules.toml`.

Only the command line reads them, never `build` and its like: what a model is trained with stands in the code
that trains it.
"""

from paramrules.projects.choosing import Typed, choose
from paramrules.projects.project import Models, Project, Target
from paramrules.projects.reading import SCHEMA, find_project, read_project

__all__ = ["SCHEMA", "Models", "Project", "Target", "Typed", "choose", "find_project", "read_project"]
