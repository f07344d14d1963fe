"""What the process that runs the KVM probe's guest says, and what is made of it."""

from __future__ import annotations

from spectrum_session.doctor.facts import Kvm, Node
from spectrum_session.doctor.kvm import read, try_kvm

NODE = Node("/dev/kvm", True)


def test_all_steps_and_no_problem_is_a_kvm_that_works() -> None:
    assert read(NODE, 'RPLSEFUT\n{"problem": ""}\n', 0) == Kvm(NODE, "works", "RPLSEFUT")


def test_a_problem_is_told_with_how_far_it_came() -> None:
    assert read(NODE, 'RPL\n{"problem": "bad"}\n', 0) == Kvm(NODE, "fails", "RPL", "bad")


def test_another_processor_is_not_tried() -> None:
    assert read(NODE, '\n{"problem": "", "untried": "aarch64"}\n', 0).state == "untried"


def test_a_process_that_dies_is_no_kvm_that_works() -> None:
    kvm = read(NODE, "RP", -9)
    assert (kvm.state, kvm.steps) == ("fails", "RP")
    assert "-9" in kvm.problem


def test_without_a_device_nothing_is_tried() -> None:
    assert try_kvm(None) == Kvm(None)
    closed = Node("/dev/kvm", False)
    assert try_kvm(closed) == Kvm(closed)


def test_a_guest_that_hangs_is_left() -> None:
    # No guest and no interpreter is ready in this time, whatever the machine.
    assert try_kvm(NODE, deadline_s=0.000001).state == "hangs"
