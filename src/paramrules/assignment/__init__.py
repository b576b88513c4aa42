"""Rules and an inventory to groups: which rule took which parameter, and why."""

from paramrules.assignment.assign import assign, examine, expectations
from paramrules.assignment.assignment import Assignment
from paramrules.assignment.expectations import Outcome
from paramrules.assignment.explanation import AxisExplanation, Clause, Explanation, Verdict
from paramrules.assignment.grouping import AxisLabels, Group, GroupSize
from paramrules.assignment.option_values import parse_options

__all__ = [
    "Assignment",
    "AxisExplanation",
    "AxisLabels",
    "Clause",
    "Explanation",
    "Group",
    "GroupSize",
    "Outcome",
    "Verdict",
    "assign",
    "examine",
    "expectations",
    "parse_options",
]
