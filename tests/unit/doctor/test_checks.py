"""From facts to findings: each thing that can be missing is told, with what mends it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from spectrum_session.doctor.checks import LOW_SPACE, NO_SPACE, examine, failed
from spectrum_session.doctor.checks_vms import version_of
from spectrum_session.doctor.facts import (
    PROGRAMS,
    Configuration,
    Facts,
    Kvm,
    Looks,
    Machines,
    Node,
    Seat,
    Software,
    Space,
    User,
)
from spectrum_session.doctor.finding import PURPOSES, Finding

CARD = Node("/dev/dri/card0", False, "video")
GOOD = Facts(
    software=Software("3.13.5", "0.18.2 (system)", "", ("/usr/lib/libwayland-server.so.0",)),
    user=User(1000, "ann", ("ann", "video"), "", "/run/user/1000"),
    seat=Seat(
        seatd=Node("/run/seatd.sock", True, "video"),
        cards=(CARD,),
        render=(Node("/dev/dri/renderD128", True, "render"),),
        inputs=(Node("/dev/input/event0", False, "input"),),
        udev=True,
    ),
    looks=Looks(
        font="sans-serif",
        font_found="DejaVu Sans",
        cursor_theme="default",
        cursor_path="/usr/share/icons/DMZ-White",
        xkb="/usr/share/X11/xkb",
        layouts=("us", "de"),
    ),
    machines=Machines(
        kvm=Kvm(Node("/dev/kvm", True, "kvm"), "works", "RPLSEFUT"),
        landlock=6,
        waypipe="waypipe 0.9.2",
    ),
    configuration=Configuration((), 2, "foot", ("local", "qemu"), ("netvm",)),
    space=Space("/home/ann", 1 << 40),
    programs=frozenset(PROGRAMS),
)


def facts(**changes: Any) -> Facts:
    """GOOD with fields of its parts changed: part__field=value, or part=value."""
    made = GOOD
    for name, value in changes.items():
        part, _, field = name.partition("__")
        whole = replace(getattr(made, part), **{field: value}) if field else value
        made = replace(made, **{part: whole})
    return made


def without(*names: str) -> frozenset[str]:
    return GOOD.programs - set(names)


def found(name: str, **changes: Any) -> Finding:
    [finding] = [f for f in examine(facts(**changes)) if f.name == name]
    return finding


def test_where_all_is_there_all_is_well() -> None:
    findings = examine(GOOD)
    assert {f.level for f in findings} == {"ok"}
    assert {f.purpose for f in findings} == set(PURPOSES)
    assert not any(f.mend for f in findings)
    assert len({f.name for f in findings}) == len(findings)
    assert not failed(findings, set(PURPOSES))


ROOT = User(0, "root", ("root",), "", "/run/user/0")
NO_KVM = Kvm(None)
BROKEN = Kvm(Node("/dev/kvm", True), "fails", "RPL", "an internal error of KVM")

# name, what is changed, level, a part of the text, a part of what mends it
CASES: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("wlroots", {"software": Software("3.13.5", "", "no wlroots found")}, "problem",
     "no wlroots found", "libwlroots-0.18-dev"),
    ("libwayland", {"software__libwaylands": ("/a", "/b")}, "problem", "/a, /b",
     "python3-pywayland"),
    ("configuration", {"configuration__errors": ("f:1: a", "f:2: b")}, "problem",
     "f:1: a (and 1 more)", "--check-config"),
    ("configuration", {"configuration__troubles": ("work cannot start: a",)}, "warning",
     "work cannot start: a", "--check-config"),
    ("XDG_RUNTIME_DIR", {"user__runtime_error": "XDG_RUNTIME_DIR: /x is open to others"},
     "problem", "/x is open to others", "-o ann /run/user/1000"),
    ("logs", {"space__free": LOW_SPACE - 1}, "warning", "63 MiB free", "du "),
    ("logs", {"space__free": NO_SPACE - 1}, "problem", "3 MiB free", "du "),
    ("logs", {"space__writable": False}, "warning", "is not writable", "chown ann"),
    ("native module", {"software__has_helpers": False}, "problem", "not built", "gcc"),
    ("drawing", {"software__wlroots": "0.17.3 (wheel)"}, "problem", "no DRM backend",
     "libwlroots"),
    ("seat", {"seat__seatd": Node("/run/seatd.sock", False, "seatgroup")}, "problem",
     "not in the group seatgroup", "adduser ann seatgroup"),
    ("seat", {"seat__seatd": None}, "problem", "neither logind nor seatd",
     "apt-get install seatd; adduser ann video"),
    ("seat", {"seat__seatd": None, "seat__logind_runs": True}, "problem", "has no seat",
     "seatd"),
    ("seat", {"seat__seatd": None, "seat__logind": True}, "ok", "logind", ""),
    ("seat", {"seat__seatd": None, "seat__logind": True, "seat__polkit": False}, "warning",
     "without polkit", "apt-get install polkitd"),
    ("seat", {"seat__logind": True, "seat__polkit": False, "user": ROOT}, "ok", "logind", ""),
    ("seat", {"seat__seatd": None, "user": ROOT}, "ok", "root", ""),
    ("seat", {"seat__seatd": None, "user": ROOT, "seat__terminals": False}, "problem",
     "/dev/tty0", "LIBSEAT_BACKEND"),
    ("screens", {"seat__cards": ()}, "problem", "/dev/dri/card*", "modprobe"),
    ("screens", {"seat__seatd": None}, "problem", "ann has no access to /dev/dri/card0",
     "adduser ann video"),
    ("graphics", {"seat__render": ()}, "warning", "the CPU renders", "driver"),
    ("graphics", {"seat__render": (Node("/dev/dri/renderD128", False, "render"),)}, "warning",
     "has no access", "adduser ann render"),
    ("input", {"seat__udev": False}, "problem", "udev does not run", "apt-get install udev"),
    ("input", {"seat__inputs": ()}, "problem", "no keyboard", "modprobe evdev"),
    ("input", {"seat__seatd": None}, "problem", "ann has no access", "adduser ann input"),
    ("font", {"looks__font_found": ""}, "problem", "no font installed", "fonts-dejavu-core"),
    ("font", {"looks__font_error": "fontconfig is not installed"}, "problem", "fontconfig",
     "libpangocairo"),
    ("font", {"looks__font": "Inter"}, "warning", "the configured 'Inter'", "fc-list"),
    ("font", {"looks__font": "dejavu sans"}, "ok", "DejaVu Sans", ""),
    ("cursor theme", {"looks__cursor_path": ""}, "warning", "'default'", "dmz-cursor-theme"),
    ("keymaps", {"looks__xkb": ""}, "problem", "would not work", "apt-get install xkb-data"),
    ("keymaps", {"looks__layouts_missing": ("xx",)}, "problem", "no layout xx", "symbols"),
    ("terminal", {"programs": without("foot")}, "problem", "foot", "apt-get install foot"),
    ("terminal", {"configuration__terminal": "kitty"}, "problem", "kitty", "[session]"),
    ("grim", {"programs": without("grim")}, "warning", "PATH", "apt-get install grim"),
    ("VM monitor", {"programs": frozenset()}, "problem", "need QEMU", "qemu-system-x86"),
    ("VM monitor", {"programs": without("cloud-hypervisor"),
                    "configuration__drivers": ("cloud-hypervisor",)}, "problem",
     "need cloud-hypervisor, which is not on PATH", "no package"),
    ("VM monitor", {"programs": frozenset(), "configuration__drivers": ("attached",)}, "ok",
     "run by another service", ""),
    ("KVM", {"machines__kvm": BROKEN, "configuration__drivers": ("cloud-hypervisor", "qemu")},
     "problem", "does not run without it", "nested"),
    ("cross-domain", {"programs": without("crosvm"), "configuration__cross_domain": True},
     "problem", "not on PATH", "auto"),
    ("cross-domain", {"programs": without("crosvm")}, "ok", "no VM that needs it", ""),
    ("cross-domain", {"programs": frozenset({"crosvm"})}, "ok", "Spectrum's gpu", ""),
    ("vsock", {"programs": frozenset(), "configuration__drivers": ("attached",)}, "ok",
     "cloud-hypervisor's own", ""),
    ("VM monitor", {"programs": frozenset(), "configuration__drivers": ("local",)}, "warning",
     "only sandboxes", "qemu-system-x86"),
    ("KVM", {"machines__kvm": NO_KVM}, "warning", "/dev/kvm does not exist", "modprobe kvm_intel"),
    ("KVM", {"machines__kvm": Kvm(Node("/dev/kvm", False, "kvm"))}, "warning",
     "ann has no access to /dev/kvm", "adduser ann kvm"),
    ("KVM", {"machines__kvm": BROKEN}, "warning",
     "a test guest fails after paging and 64-bit mode: an internal error", "nested"),
    ("KVM", {"machines__kvm": Kvm(Node("/dev/kvm", True), "hangs", "RPLSEFU")}, "warning",
     "hangs after user mode", "nested"),
    ("KVM", {"machines__kvm": BROKEN, "programs": frozenset({"cloud-hypervisor"})}, "problem",
     "does not run without it", "nested"),
    ("waypipe", {"machines__waypipe": "waypipe 0.8.4"}, "warning", "older than 0.9.2", "13"),
    ("waypipe", {"machines__waypipe": "waypipe 0.10.0"}, "ok", "0.10.0", ""),
    ("waypipe", {"programs": without("waypipe")}, "problem", "PATH", "apt-get install waypipe"),
    ("vsock", {}, "ok", "vhost-device-vsock", ""),
    ("vsock", {"programs": frozenset({"cloud-hypervisor"})}, "ok", "cloud-hypervisor", ""),
    ("vsock", {"programs": frozenset({"socat"})}, "warning", "fall back",
     "apt-get install vhost-device-vsock"),
    ("socat", {"programs": without("socat")}, "problem", "neither", "apt-get install socat"),
    ("socat", {"programs": without("socat"), "configuration__drivers": ("local",)}, "warning",
     "neither", "apt-get install socat"),
    ("network", {}, "ok", "passt; uplinks: netvm", ""),
    ("network", {"programs": without("passt")}, "problem", "netvm cannot start",
     "apt-get install passt"),
    ("network", {"programs": without("passt"), "configuration__uplinks": ()}, "ok", "no VM", ""),
    ("images", {"programs": without("mmdebstrap", "mksquashfs")}, "warning",
     "mmdebstrap and mksquashfs", "apt-get install mmdebstrap squashfs-tools"),
    ("images", {"programs": without("mksquashfs")}, "warning", "PATH", "squashfs-tools"),
    ("sandbox", {"programs": without("bwrap")}, "problem", "PATH", "apt-get install bubblewrap"),
    ("sandbox", {"programs": without("bwrap"), "configuration__drivers": ("qemu",)}, "problem",
     "PATH", "bubblewrap"),
    ("sandbox", {"programs": without("bwrap"), "configuration__drivers": ()}, "warning",
     "PATH", "bubblewrap"),
    ("sandbox", {"programs": without("setpriv"), "user": ROOT}, "problem", "setpriv",
     "util-linux"),
    ("sandbox", {"machines__namespaces_error": "no permission"}, "problem", "no permission",
     "sysctl"),
    ("confinement", {"machines__landlock": 0}, "warning", "lacks landlock", "kernel"),
    (
        "control groups",
        {"machines__groups_error": "no controller memory in cgroup v2"},
        "warning",
        "only the gate limits",
        "unified",
    ),
    ("confinement", {"machines__seccomp": False}, "warning", "lacks seccomp", "kernel"),
]


@pytest.mark.parametrize(("name", "changes", "level", "text", "mend"), CASES)
def test_what_is_missing_is_told(
    name: str, changes: dict[str, Any], level: str, text: str, mend: str
) -> None:
    finding = found(name, **changes)
    assert finding.level == level
    assert text in finding.text
    assert mend in finding.mend
    assert bool(finding.mend) == (level != "ok")


def test_every_check_has_a_case() -> None:
    assert {case[0] for case in CASES} == {finding.name for finding in examine(GOOD)}


def test_only_problems_of_what_is_asked_for_count() -> None:
    findings = examine(facts(seat__cards=(), machines__kvm=NO_KVM))
    assert failed(findings, set(PURPOSES))
    assert failed(findings, {"login"})
    assert not failed(findings, {"start", "windows", "vms"})


@pytest.mark.parametrize(
    ("text", "version"),
    [("waypipe 0.9.2", (0, 9, 2)), ("v1.10", (1, 10)), ("", ()), ("none", ())],
)
def test_versions(text: str, version: tuple[int, ...]) -> None:
    assert version_of(text) == version
