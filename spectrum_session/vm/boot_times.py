"""Remembers how long starts of each VM took, in a small file in the state directory."""

from __future__ import annotations

import logging
import math
import os
from pathlib import Path

import msgspec

from spectrum_session.logs.line import of_vm

from .boot_stages import COUNTED, Times, expect
from .names import check_name

log = logging.getLogger(__name__)

_MOST_BYTES = 64 * 1024


class _Entry(msgspec.Struct, frozen=True):
    driver: str
    times: Times


class _File(msgspec.Struct, frozen=True):
    boots: list[_Entry] = []


class Boots:
    """Remembers starts that came to their end; a failed one tells nothing about the next."""

    def __init__(self, directory: Path) -> None:
        """`directory` is made when there is something to remember."""
        self._directory = directory

    def expected(self, name: str, driver: str) -> Times | None:
        """The expected times of a start of this VM with this driver; None when there were none."""
        return expect([entry.times for entry in self._read(name) if entry.driver == driver])

    def add(self, name: str, driver: str, times: Times) -> None:
        """Remember how long a start took. On a full disk it is forgotten, which the log says."""
        same = [entry for entry in self._read(name) if entry.driver == driver]
        kept = [*same, _Entry(driver, times)][-COUNTED:]
        path = self._path(name)
        draft = path.with_suffix(".new")
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft.write_bytes(msgspec.json.encode(_File(kept)) + b"\n")
            draft.chmod(0o600)
            os.replace(draft, path)
        except OSError as error:
            log.warning("how long it took is not kept: %s", error, extra=of_vm(name))

    def _path(self, name: str) -> Path:
        return self._directory / f"{check_name(name)}.json"

    def _read(self, name: str) -> list[_Entry]:
        path = self._path(name)
        try:
            with path.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
            entries = msgspec.json.decode(data[:_MOST_BYTES], type=_File).boots
        except FileNotFoundError:
            return []
        except (OSError, msgspec.DecodeError) as error:
            text = "how long it took before is not known: %s: %s"
            log.warning(text, path, error, extra=of_vm(name))
            return []
        return [entry for entry in entries if _sane(entry.times)]


def _sane(times: Times) -> bool:
    return all(math.isfinite(t) and t >= 0 for t in (times.total_s, *times.stages.values()))
