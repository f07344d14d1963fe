"""A VM's name never becomes an option or a path that leads elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.names import check_name, log_path, socket_path

HOSTILE = [
    *("", ".", "..", "-", "--bind", "-x", ".hidden", "_x", "a/b", "../x", "/x", "a\n", "a\0"),
    *("A", "é", "a b", "a:b", "x" * 64),
]


@pytest.mark.parametrize("name", ["a", "0", "demo-work", "net.vm_2", "a..b", "x" * 63])
def test_names_there_may_be(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", HOSTILE)
def test_names_there_may_not_be(name: str) -> None:
    with pytest.raises(VMError):
        check_name(name)
    with pytest.raises(VMError):
        socket_path(Path("/run/x"), name)
    with pytest.raises(VMError):
        log_path(Path("/log"), name)


@given(st.one_of(st.text(max_size=70), st.text("ab01.-_/\n", max_size=70)))
def test_a_path_stays_inside(name: str) -> None:
    try:
        path = socket_path(Path("/run/x"), name)
    except VMError:
        assert re.fullmatch("[a-z0-9][a-z0-9._-]{0,62}", name) is None
        return
    assert path.resolve().parent.parent == Path("/run/x/vms")
    assert log_path(Path("/log"), name).resolve().parent == Path("/log")
