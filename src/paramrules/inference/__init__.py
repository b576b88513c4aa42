"""From groups that code made to a rule file that says the same.

Data flows through the room in one direction: groupings to columns of settings (`effective`), columns to
axes (`axes`), each axis to the forms its values may have (`forms`, by the `indexes` in names), forms to the
heads of rules (`heads`), and heads to a decision list (`decision_list`) whose predicates are the cheapest
covers (`cover`) by `atoms` over `kinds` of parameters. `write` words the result.
"""

from paramrules.inference.effective import differences
from paramrules.inference.grouping import Grouping, SettingValue
from paramrules.inference.infer import Check, Inferred, ListedNames, infer

__all__ = ["Check", "Grouping", "Inferred", "ListedNames", "SettingValue", "differences", "infer"]
