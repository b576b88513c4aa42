"""Findings as SARIF, the format of code scanning.

References:
    https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from paramrules.diagnostics.codes import CODES
from paramrules.diagnostics.diagnostic import Diagnostic, Place
from paramrules.diagnostics.message_text import printable
from paramrules.diagnostics.pages import PAGES, page_url


def to_sarif(findings: Sequence[Diagnostic], version: str, *, successful: bool = True) -> dict[str, Any]:
    """Return a SARIF 2.1.0 log of one run.

    Args:
        findings: what was found.
        version: the version of paramrules.
        successful: False if an input could not be used, so that there may be more to find.
    """
    codes = sorted({finding.code for finding in findings})
    return {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "paramrules",
                        "version": version,
                        "informationUri": PAGES,
                        "rules": list(map(_rule, codes)),
                    }
                },
                "invocations": [{"executionSuccessful": successful}],
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, codes.index(finding.code)) for finding in findings],
            }
        ],
    }


def _rule(code: str) -> dict[str, Any]:
    return {
        "id": code,
        "shortDescription": {"text": CODES[code].title},
        "helpUri": page_url(code),
        "defaultConfiguration": {"level": CODES[code].severity},
    }


def _result(finding: Diagnostic, number: int) -> dict[str, Any]:
    text = [finding.message, *([finding.label] if finding.label else [])]
    text += [f"help: {finding.help}"] if finding.help else []
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": number,
        "level": finding.severity,
        "message": {"text": "\n".join(map(printable, text))},
    }
    if finding.span:
        result["locations"] = [_location(Place(finding.span))]
    if finding.also:
        result["relatedLocations"] = list(map(_location, finding.also))
    if finding.fix:
        result["fixes"] = [_fix(finding)]
    return result


def _fix(finding: Diagnostic) -> dict[str, Any]:
    assert finding.fix
    place = _location(Place(finding.fix.span))["physicalLocation"]
    replacement = {"deletedRegion": place["region"], "insertedContent": {"text": finding.fix.text}}
    return {
        "description": {"text": printable(finding.help)},
        "artifactChanges": [{"artifactLocation": place["artifactLocation"], "replacements": [replacement]}],
    }


def _location(place: Place) -> dict[str, Any]:
    source = place.span.source
    line, column = source.position(place.span.start)
    end_line, end_column = source.position(max(place.span.start, place.span.end))
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(source.name)},
            "region": {
                "startLine": line,
                "startColumn": column,
                "endLine": end_line,
                "endColumn": end_column,
            },
        }
    }
    if place.label:
        location["message"] = {"text": printable(place.label)}
    return location


def _uri(name: str) -> str:
    """Return a file's name as a URI, relative as long as the name is."""
    try:
        octets = name.replace(os.sep, "/").encode("utf-8", "surrogateescape")  # as the file system has it
    except UnicodeEncodeError:  # a name that no file has
        octets = name.replace(os.sep, "/").encode("utf-8", "surrogatepass")
    slash = "" if octets.startswith(b"/") else "/"  # before a drive
    return f"file://{slash}{quote(octets, '/:')}" if os.path.isabs(name) else quote(octets)
