"""Which user of the host a VM's processes are."""

from __future__ import annotations

import subprocess
import sys

import pytest

from spectrum_session.vm.processes import users


def test_each_vm_has_two_of_its_own() -> None:
    if users.shared():
        pytest.skip("this user namespace has no such ids")
    names = [f"vm-{number}" for number in range(200)]
    found = [one(name) for name in names for one in (users.gate, users.sandbox)]
    assert len(set(found)) == len(found)
    assert all(users.FIRST <= uid < users.FIRST + 2 * users.VMS for uid in found)
    # Another session finds the same.
    code = "from spectrum_session.vm.processes import users; print(users.gate('vm-7'))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30)
    assert int(said.stdout) == users.gate("vm-7")


def test_without_those_ids_all_are_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "_mapped", lambda: False)
    assert users.shared()
    assert {users.gate("a"), users.sandbox("a"), users.gate("b")} == {users.NOBODY}


