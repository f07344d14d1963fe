"""What a session notes of a machine for the next one: whatever stands there, no harm is done."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from spectrum_session.config.schema import VM
from spectrum_session.vm.processes.detached_sandbox import Whereabouts
from spectrum_session.vm.processes.identity import Identity
from spectrum_session.vm.storage import record
from spectrum_session.vm.storage.record import FILE, Record


def here() -> Whereabouts:
    mine = Identity.of(os.getpid())
    assert mine is not None
    return Whereabouts(mine, mine)


def of(definition: VM | None = None) -> Record:
    defined = definition or VM(driver="qemu")
    return record.make("work", "qemu", defined, time.monotonic(), "slow", True, [here()])


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    made.mkdir()
    return made


def test_what_is_noted_is_read(directory: Path) -> None:
    noted = of()
    record.save(directory, noted)
    record.save(directory, replace(noted, ready=True))
    assert record.load(directory) == replace(noted, ready=True)
    assert os.listdir(directory) == [FILE]
    assert (directory / FILE).stat().st_mode & 0o777 == 0o600
    assert noted.alive and abs(noted.started - time.time()) < 60


def test_a_half_written_one_is_in_nobodys_way(directory: Path) -> None:
    (directory / f"{FILE}.new").write_text("half")
    record.save(directory, of())
    assert record.load(directory) is not None


def test_who_is_not_meant(directory: Path) -> None:
    noted = of()
    mine = noted.processes[0].bwrap
    later = Identity(mine.pid, mine.started + 1)
    assert not replace(noted, processes=(Whereabouts(later, later),)).alive
    assert not replace(noted, processes=()).alive
    assert not replace(noted, boot="another").alive
    assert not replace(noted, boot="").alive


def test_one_machines_note_in_anothers_directory(directory: Path) -> None:
    record.save(directory, replace(of(), name="play"))
    assert record.load(directory) is None


def test_a_version_of_another_time(directory: Path) -> None:
    record.save(directory, replace(of(), version=2))
    assert record.load(directory) is None


def test_links_and_pipes(directory: Path, tmp_path: Path) -> None:
    assert record.load(directory) is None
    record.save(directory, of())
    (directory / FILE).rename(tmp_path / "elsewhere")
    (directory / FILE).symlink_to(tmp_path / "elsewhere")
    assert record.load(directory) is None
    (directory / FILE).unlink()
    os.mkfifo(directory / FILE)
    assert record.load(directory) is None
    (directory / FILE).unlink()
    (directory / FILE).mkdir()
    assert record.load(directory) is None


def test_definitions_are_told_apart() -> None:
    assert record.digest(VM()) == record.digest(VM())
    assert record.digest(VM(driver="qemu")) != record.digest(VM())
    assert record.digest(VM(packages=["foot"])) != record.digest(VM())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


@given(st.binary(max_size=400))
def test_rubbish(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    directory = tmp_path_factory.mktemp("machine")
    (directory / FILE).write_bytes(data)
    assert record.load(directory) is None


@given(key=st.sampled_from(Record.__struct_fields__), value=JSON)
def test_one_field_is_anything(
    tmp_path_factory: pytest.TempPathFactory, key: str, value: Any
) -> None:
    """It is refused, or no process is taken for the machine that is not."""
    directory = tmp_path_factory.mktemp("machine") / "work"
    directory.mkdir()
    noted = of()
    content = msgspec.to_builtins(noted)
    content[key] = value
    (directory / FILE).write_bytes(msgspec.json.encode(content))
    found = record.load(directory)
    if found is not None:
        assert found.name == "work"
        assert found.alive == (found.boot == noted.boot and found.processes == noted.processes)


@given(pid=st.integers(-(1 << 63), 1 << 63), started=st.integers(-(1 << 63), 1 << 63))
def test_no_foreign_process_is_taken(pid: int, started: int) -> None:
    noted = of()
    other = Identity(pid, started)
    taken = replace(noted, processes=(Whereabouts(other, other),)).alive
    assert not taken or Identity.of(pid) == other
