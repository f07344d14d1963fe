"""Directories of configuration to write files into, apart from the machine's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from spectrum_session.config import files
from spectrum_session.config.errors import ConfigError, ConfigErrors
from spectrum_session.config.load import Config, load

KEYSYMS = ("Return", "space", "Tab", "Escape", "Print", "F1", "Left", "Super_L")


def keysym(name: str) -> int:
    """A few keys, so that tests need no xkbcommon."""
    if len(name) == 1 and name.isascii():
        return ord(name)
    return 0xFF00 + KEYSYMS.index(name) if name in KEYSYMS else 0


@dataclass
class Places:
    """Empty shipped defaults, and a system's, a user's and a --config directory."""

    root: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, directory: str | None = None) -> Config:
        given = self.root / directory if directory is not None else None
        return load(given, self.environ, keysym=keysym)

    def errors(self, directory: str | None = None) -> list[ConfigError]:
        with pytest.raises(ConfigErrors) as caught:
            self.load(directory)
        return list(caught.value.errors)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    made = Places(tmp_path, {"HOME": str(tmp_path / "home")})
    made.write("defaults/session.toml", "")
    monkeypatch.setattr(files, "defaults_directory", lambda: tmp_path / "defaults")
    monkeypatch.setattr(files, "SYSTEM_DIRECTORY", tmp_path / "system")
    return made


USER = "home/.config/spectrum-session"
"""The user's directory below the root."""

ErrorsOf = Callable[[str], list[ConfigError]]


@pytest.fixture
def errors_of(places: Places) -> ErrorsOf:
    """The errors of one session.toml."""

    def errors(text: str) -> list[ConfigError]:
        places.write("given/session.toml", text)
        return places.errors("given")

    return errors
