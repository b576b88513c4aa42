"""A report to look at: one HTML file about the groups of one model or several, without a network."""

from paramrules.html_report.page import page
from paramrules.html_report.view import View

__all__ = ["View", "page"]
