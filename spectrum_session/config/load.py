"""Load the configuration.

Files merge in this order, later ones over earlier ones: the shipped defaults
(`configs/session.toml`), /etc/spectrum-session, $XDG_CONFIG_HOME/spectrum-session. With --config
DIR it is the shipped defaults and DIR and nothing else, so that what such a session does depends
on no file outside DIR. A directory holds session.toml, vms/NAME.toml for each VM, or both.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from .chords import Chords, Keysym, keysym_from_name
from .errors import ConfigError, ConfigErrors
from .files import read_all
from .merge import merge
from .schema import Config
from .together import check, check_gate

__all__ = ["Config", "ConfigError", "ConfigErrors", "load", "load_with_files"]


def load(
    directory: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    keysym: Keysym | None = None,
    bare_metal: bool = False,
) -> Config:
    """Read, check and merge the configuration; `directory` is what --config names.

    `keysym` maps the name of a key to its xkb keysym, 0 for none; by default xkbcommon's. What is
    for development only is an error on `bare_metal`.

    Raises ConfigErrors with all that is wrong in all files. Nothing is half loaded.
    """
    return load_with_files(directory, environ, keysym=keysym, bare_metal=bare_metal)[0]


def load_with_files(
    directory: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    keysym: Keysym | None = None,
    bare_metal: bool = False,
) -> tuple[Config, tuple[Path, ...]]:
    """As `load`, with the files that were read, the least important first."""
    errors: list[ConfigError] = []
    sources = read_all(directory, environ, errors)
    chords = Chords(keysym or keysym_from_name)
    errors += check(sources, chords, complete=not errors)
    if bare_metal:
        errors += check_gate(sources)
    if errors:
        # A file can be read twice: --config may name the directory of the shipped defaults.
        raise ConfigErrors(dict.fromkeys(errors))
    config = msgspec.convert(merge(sources, chords), Config, strict=True)
    return config, tuple(source.file for source in sources)
