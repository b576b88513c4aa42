"""Check that a backend means by a rule file what the language means: for the tests of backends.

>>> from paramrules.testing import check_backend
>>> check_backend(my_backend, build_model, cannot={"tied": "a tree has one name for each array"})
<379 cases: 300 passed, 79 left out>

`build_model` makes a model of the framework from a `Module`, a neutral description of one. `cases/README.md`
documents the cases, which are JSON that any implementation can read.
"""

from paramrules.testing.check import Report, check_backend, check_case
from paramrules.testing.models import Array, Module, model_of
from paramrules.testing.suite import Case, cases

__all__ = ["Array", "Case", "Module", "Report", "cases", "check_backend", "check_case", "model_of"]
