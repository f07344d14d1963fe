"""Finds and reads the files of the configuration, in order."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import ConfigError, KeyPath, show_path
from .toml import parse

SYSTEM_DIRECTORY = Path("/etc/spectrum-session")

_AT_LINE = re.compile(r"(.*?),? \(at line (\d+), column (\d+)\)")
_AT_END = re.compile(r"(.*?),? \(at end of document\)")


@dataclass(frozen=True)
class Source:
    """A file with valid TOML."""

    file: Path
    text: str
    data: dict[str, Any]
    vm: str | None = None
    """The VM that the file defines; None for session.toml."""
    _lines: dict[KeyPath, int] = field(default_factory=dict, repr=False, compare=False)

    def error(self, path: KeyPath, found: str, allowed: str) -> ConfigError:
        """An error at `path` in this file, with its line."""
        from .locate import line_of, locate

        if not self._lines:
            self._lines.update(locate(self.text))
        return ConfigError(self.file, line_of(self._lines, path), show_path(path), found, allowed)


def defaults_directory() -> Path:
    """The directory of the shipped session.toml: beside this file, or `configs/` in a checkout.

    Found from this file's own path: importlib.resources would answer the same and takes 50 ms to
    import.
    """
    here = Path(__file__).resolve()
    installed = here.parent / "defaults"
    return installed if (installed / "session.toml").is_file() else here.parents[2] / "configs"


def search_path(directory: Path | None, environ: Mapping[str, str]) -> list[Path]:
    """The directories to merge, the least important first.

    Without `directory`: the shipped defaults, /etc/spectrum-session and
    $XDG_CONFIG_HOME/spectrum-session (~/.config when that is unset or not absolute). With it: the
    shipped defaults and `directory` only, so that what a session does with --config is the same on
    every machine and for every user.
    """
    if directory is not None:
        return [defaults_directory(), directory]
    home = Path(environ.get("XDG_CONFIG_HOME", ""))
    if not home.is_absolute():
        home = Path(environ.get("HOME") or os.path.expanduser("~")) / ".config"
    return [defaults_directory(), SYSTEM_DIRECTORY, home / "spectrum-session"]


def read_all(
    directory: Path | None, environ: Mapping[str, str], errors: list[ConfigError]
) -> list[Source]:
    """Read all files, the least important first; errors are appended to `errors`."""
    if directory is not None and not directory.is_dir():
        found = "a file" if directory.exists() else "nothing there"
        allowed = "a directory that holds session.toml, vms/NAME.toml or both"
        errors.append(ConfigError(directory, 0, "", found, allowed))
        return []
    sources: list[Source] = []
    defaults, *others = search_path(directory, environ)
    # Only the product's own session.toml ships; a VM is never defined by default.
    shipped = _read(defaults / "session.toml", None, errors)
    if shipped is None and not errors:
        missing = defaults / "session.toml"
        errors.append(ConfigError(missing, 0, "", "no file", "the one that ships"))
    sources += [shipped] if shipped is not None else []
    for file, vm in _files(others, errors):
        source = _read(file, vm, errors)
        if source is not None:
            sources.append(source)
    return sources


def _files(directories: list[Path], errors: list[ConfigError]) -> Iterator[tuple[Path, str | None]]:
    """Files to read, each with the VM that it defines."""
    for directory in directories:
        yield directory / "session.toml", None
        try:
            names = sorted(os.listdir(directory / "vms"))
        except FileNotFoundError:
            continue
        except OSError as error:
            errors.append(_unreadable(directory / "vms", error))
            continue
        for name in names:
            # Names with a dot first are editors' own files, lock files among them.
            if name.endswith(".toml") and not name.startswith("."):
                yield directory / "vms" / name, name[: -len(".toml")]


def _read(file: Path, vm: str | None, errors: list[ConfigError]) -> Source | None:
    try:
        text = file.read_bytes().decode()
    except FileNotFoundError as error:
        # A dangling link is an error, a missing file is not.
        if file.is_symlink():
            errors.append(_unreadable(file, error))
        return None
    except OSError as error:
        errors.append(_unreadable(file, error))
        return None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        found = f"the byte 0x{error.object[error.start]:02x}"
        errors.append(ConfigError(file, line, "", found, "UTF-8 text"))
        return None
    try:
        return Source(file, text, parse(text), vm)
    except ValueError as error:  # TOMLDecodeError, or what Python says of a number too long for it
        line, found = _syntax(str(error), text)
        errors.append(ConfigError(file, line, "", found, "TOML (https://toml.io)"))
    except RecursionError:
        errors.append(ConfigError(file, 1, "", "tables or arrays nested too deeply", "fewer"))
    return None


def _unreadable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(path, 0, "", error.strerror or "an error", "what the session can read")


def _syntax(message: str, text: str) -> tuple[int, str]:
    """The line of a parser's message, and the message without its "at line" part."""
    at_line = _AT_LINE.fullmatch(message)
    if at_line is not None:
        return int(at_line[2]), f"a mistake in column {at_line[3]} ({at_line[1]})"
    at_end = _AT_END.fullmatch(message)
    if at_end is not None:
        return len(text.splitlines()) or 1, f"a mistake at the end of the file ({at_end[1]})"
    return 1, f"a mistake ({message})"
