"""Load the configuration.

Files merge in this order, later ones over earlier ones: the shipped defaults
(`configs/session.toml`), /etc/spectrum-session, $XDG_CONFIG_HOME/spectrum-session. With --config
DIR it is the shipped defaults and DIR and nothing else, so that what such a session does depends
on no file outside DIR. A directory holds session.toml, vms/NAME.toml for each VM, or both.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from .chords import Chords, Keysym, keysym_from_name
from .errors import ConfigError, ConfigErrors
from .files import Source, read_all
from .join import join, leave_ours
from .limits import is_file_path
from .merge import merge
from .schema import Config
from .spectrum import read
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
    tree = read(*_places(sources))
    leave_ours(tree, sources)
    errors += check(sources, chords, complete=not errors, elsewhere=tree.vms)
    if bare_metal:
        errors += check_gate(sources)
    if errors:
        # A file can be read twice: --config may name the directory of the shipped defaults.
        raise ConfigErrors(dict.fromkeys(errors))
    vms = {name: found.keys for name, found in tree.vms.items()}
    config = msgspec.convert(merge(sources, chords, vms), Config, strict=True)
    if tree.vms or tree.ignored:
        config = join(config, tree, sources)
    return config, tuple(source.file for source in sources)


def _places(sources: Sequence[Source]) -> tuple[str, str]:
    """Directories of Spectrum's VMs; "" for invalid values, which are reported elsewhere."""
    found = {"definitions": "", "run": ""}
    for source in sources:
        table = source.data.get("spectrum") if source.vm is None else None
        if not isinstance(table, dict):
            continue
        for key in found:
            value = table.get(key)
            if isinstance(value, str) and value.startswith("/") and is_file_path(value):
                found[key] = value
            elif value == "":
                found[key] = ""
    return found["definitions"], found["run"]
