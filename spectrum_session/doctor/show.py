"""Findings as text and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence

from .finding import PURPOSES, Finding, Level, Purpose

_MARK: dict[Level, str] = {"ok": "ok", "warning": "warning", "problem": "PROBLEM"}
_COLOUR: dict[Level, str] = {"ok": "\x1b[32m", "warning": "\x1b[33m", "problem": "\x1b[1;31m"}
_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_NARROWEST = 40
_FALLBACK_WIDTH = 100


def table(
    findings: Sequence[Finding], *, colour: bool = False, width: int | None = None
) -> str:
    """Lines grouped by purpose, each with its mark, and the fix below it.

    `width` in columns; long texts are wrapped and indented.
    """
    names = max((len(finding.name) for finding in findings), default=0)
    marks = max(len(mark) for mark in _MARK.values())
    indent = 2 + marks + 2 + names + 2
    room = max(_NARROWEST, (width or _FALLBACK_WIDTH) - indent)
    lines: list[str] = []
    for purpose, heading in PURPOSES.items():
        group = [finding for finding in findings if finding.purpose == purpose]
        if not group:
            continue
        lines += [_paint(heading, _BOLD, colour)]
        for finding in group:
            mark = _paint(_MARK[finding.level].ljust(marks), _COLOUR[finding.level], colour)
            first, *rest = _wrapped(finding.text, room)
            lines.append(f"  {mark}  {finding.name.ljust(names)}  {first}")
            lines += [" " * indent + line for line in rest]
            if finding.mend:
                # A command is copied: it is never broken.
                mend = f"→ {finding.mend}"
                lines.append(" " * indent + _paint(mend, _DIM, colour))
        lines.append("")
    return "\n".join([*lines, summary(findings)])


def summary(findings: Sequence[Finding]) -> str:
    """One line: how many problems and warnings."""
    problems = sum(finding.level == "problem" for finding in findings)
    warnings = sum(finding.level == "warning" for finding in findings)
    if not problems and not warnings:
        return "No problems found."
    parts = []
    if problems:
        parts.append(f"{problems} problem{'s'[: problems != 1]}")
    if warnings:
        parts.append(f"{warnings} warning{'s'[: warnings != 1]}")
    return ", ".join(parts) + "."


def as_json(findings: Sequence[Finding]) -> str:
    """An array of objects with purpose, name, level, text and mend, in ASCII."""
    return json.dumps(
        [
            {
                "purpose": finding.purpose,
                "name": finding.name,
                "level": finding.level,
                "text": finding.text,
                "mend": finding.mend or None,
            }
            for finding in findings
        ],
        indent=2,
    )


def chosen(findings: Sequence[Finding], purposes: set[Purpose]) -> list[Finding]:
    """The findings of some purposes."""
    return [finding for finding in findings if finding.purpose in purposes]


def _wrapped(text: str, room: int) -> list[str]:
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]


def _paint(text: str, code: str, colour: bool) -> str:
    return f"{code}{text}{_PLAIN}" if colour else text
