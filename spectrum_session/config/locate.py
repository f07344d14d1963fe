"""Finds the line of each key in a TOML text.

The standard parser keeps no positions. This scanner finds them, and only them: it is given text
that the standard parser has accepted already, so it checks nothing and decodes only keys. It runs
when there is an error to show, never in a good start.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from contextlib import suppress

from .errors import KeyPath
from .toml import parse

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
# A multi-line string may end in up to five quotes: two of them are its last characters.
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")'
    r"|'''.*?'{3,5}(?!')"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]*")


def locate(text: str) -> dict[KeyPath, int]:
    """Map the path of every table, key and array element of a valid TOML text to its line.

    Lines count from 1. A table's line is its header's, or that of the first key that implies it;
    elements of arrays are found by their index. What comes after a nesting too deep to follow is
    left out.
    """
    scanner = _Scanner(text)
    with suppress(RecursionError):
        scanner.document()
    return scanner.lines


def line_of(lines: dict[KeyPath, int], path: KeyPath) -> int:
    """The line of `path`, or of its nearest ancestor with a line; else 1."""
    for length in range(len(path), 0, -1):
        line = lines.get(path[:length])
        if line is not None:
            return line
    return 1


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._breaks = [at for at, character in enumerate(self._text) if character == "\n"]
        self._arrays: dict[KeyPath, int] = {}
        """Number of tables so far in each array of tables."""
        self.lines: dict[KeyPath, int] = {}

    def document(self) -> None:
        table: KeyPath = ()
        while True:
            self._skip(_BLANK)
            if self._at >= len(self._text):
                return
            start = self._at
            if self._take("[["):
                table = self._next_of_array(self._key(), start)
                self._take("]]")
            elif self._take("["):
                table = self._resolve(self._key(), start)
                # [a.b] may come before [a]: a header of its own says more than one that implies it.
                self.lines[table] = self._line(start)
                self._take("]")
            else:
                self._pair(table)
            if self._at == start:
                return

    def _pair(self, table: KeyPath) -> None:
        start = self._at
        path = table
        for part in self._key():
            path = (*path, part)
            self._mark(path, start)
        self._take("=")
        self._skip(_SPACE)
        self._value(path)

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            bare = _BARE_KEY.match(self._text, self._at)
            if bare is not None:
                self._at = bare.end()
                parts.append(bare.group())
            else:
                quoted = _STRING.match(self._text, self._at)
                if quoted is None:
                    return parts
                self._at = quoted.end()
                parts.append(_unquote(quoted.group()))
            self._skip(_SPACE)
            if not self._take("."):
                return parts

    def _value(self, path: KeyPath) -> None:
        if self._take("["):
            self._array(path)
        elif self._take("{"):
            self._inline_table(path)
        else:
            string = _STRING.match(self._text, self._at)
            self._at = string.end() if string is not None else self._at
            if string is None:
                self._skip(_SCALAR)

    def _array(self, path: KeyPath) -> None:
        index = 0
        while True:
            self._skip(_BLANK)
            start = self._at
            if self._take("]") or start >= len(self._text):
                return
            element = (*path, index)
            self._mark(element, start)
            self._value(element)
            self._skip(_BLANK)
            self._take(",")
            if self._at == start:
                return
            index += 1

    def _inline_table(self, path: KeyPath) -> None:
        while True:
            self._skip(_BLANK)
            start = self._at
            if self._take("}") or start >= len(self._text):
                return
            self._pair(path)
            self._skip(_BLANK)
            self._take(",")
            if self._at == start:
                return

    def _resolve(self, parts: list[str], start: int) -> KeyPath:
        """The path of a header: a part that is an array of tables means the array's last."""
        path: KeyPath = ()
        for part in parts:
            path = (*path, part)
            self._mark(path, start)
            if path in self._arrays:
                path = (*path, self._arrays[path] - 1)
        return path

    def _next_of_array(self, parts: list[str], start: int) -> KeyPath:
        array = (*self._resolve(parts[:-1], start), parts[-1])
        index = self._arrays.get(array, 0)
        self._arrays[array] = index + 1
        self._mark(array, start)
        self._mark((*array, index), start)
        return (*array, index)

    def _mark(self, path: KeyPath, at: int) -> None:
        self.lines.setdefault(path, self._line(at))

    def _line(self, at: int) -> int:
        return bisect_right(self._breaks, at) + 1

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()

    def _take(self, token: str) -> bool:
        found = self._text.startswith(token, self._at)
        if found:
            self._at += len(token)
        return found


def _unquote(raw: str) -> str:
    if raw.startswith("'") or "\\" not in raw:
        return raw[1:-1]
    return str(parse(f"key = {raw}")["key"])
