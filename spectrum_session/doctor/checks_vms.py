"""What VMs need. Pure."""

from __future__ import annotations

import re

from .facts import ATTACHED, Facts, Kvm
from .finding import Finding, Level, install

WAYPIPE_FEATURES = (0, 9, 2)
"""The first waypipe with --secctx, --title-prefix and --vsock."""

STEPS = {
    "R": "real mode",
    "P": "protected mode",
    "L": "paging and 64-bit mode",
    "S": "ring 0 sees its own registers",
    "E": "exceptions",
    "F": "page faults",
    "U": "user mode and system calls",
    "T": "the timer's interrupts",
}
"""What each letter of the KVM probe's guest (kvm_guest.S) stands for, in its order."""


def vms(facts: Facts) -> list[Finding]:
    """The findings about what runs VMs and carries their windows."""
    return [
        _monitor(facts),
        _kvm(facts),
        _waypipe(facts),
        _cross_domain(facts),
        _vsock(facts),
        _ways(facts),
        _network(facts),
        _images(facts),
        _sandbox(facts),
        _confinement(facts),
        _groups(facts),
    ]


def _qemu(facts: Facts) -> str:
    found = sorted(name for name in facts.programs if name.startswith("qemu-system-"))
    return found[0] if found else ""


def _real(facts: Facts) -> bool:
    """Does the configuration define VMs that are more than sandboxes?"""
    return any(driver != "local" for driver in facts.configuration.drivers)


def _monitor(facts: Facts) -> Finding:
    found = [name for name in (_qemu(facts), "cloud-hypervisor") if name in facts.programs]
    drivers = facts.configuration.drivers
    if "cloud-hypervisor" in drivers and "cloud-hypervisor" not in found:
        text = "VMs of the configuration want cloud-hypervisor, which is not on PATH"
        mend = "put its program there, from its project (Debian has no package of it)"
        return Finding("vms", "VM monitor", "problem", text, mend)
    if "qemu" in drivers and not _qemu(facts):
        text = "VMs of the configuration want QEMU, which is not on PATH"
        return Finding("vms", "VM monitor", "problem", text, install("qemu-system-x86"))
    if found:
        return Finding("vms", "VM monitor", "ok", ", ".join(found))
    if ATTACHED in drivers:
        text = "none of the session's own; the VMs of the configuration are run by somebody else"
        return Finding("vms", "VM monitor", "ok", text)
    text = "neither QEMU nor cloud-hypervisor: there are no VMs, only sandboxes"
    return Finding("vms", "VM monitor", "warning", text, install("qemu-system-x86"))


def _needed(facts: Facts) -> Level:
    return "problem" if _real(facts) else "warning"


def _kvm(facts: Facts) -> Finding:
    kvm = facts.machines.kvm
    if kvm.state == "works":
        return Finding("vms", "KVM", "ok", "a small guest did all that a kernel does at boot")
    level: Level = "warning"
    slow = "VMs run by emulation (QEMU's TCG), some ten times slower"
    alone = "cloud-hypervisor" in facts.programs and not _qemu(facts)
    if alone or "cloud-hypervisor" in facts.configuration.drivers:
        level, slow = "problem", "cloud-hypervisor runs nothing without it"
    text, mend = _kvm_trouble(facts, kvm)
    return Finding("vms", "KVM", level, f"{text}; {slow}", mend)


def _kvm_trouble(facts: Facts, kvm: Kvm) -> tuple[str, str]:
    if kvm.node is None:
        mend = "turn on VT-x or AMD-V in the firmware, then modprobe kvm_intel or kvm_amd;"
        return "there is no /dev/kvm", mend + " in a VM: nested virtualisation on its host"
    if not kvm.node.usable:
        group = kvm.node.group or "kvm"
        who = facts.person.name
        return f"{who} may not open {kvm.node.path}", f"adduser {who} {group}, and log in again"
    if kvm.state == "untried":
        return "/dev/kvm opens; whether guests boot is tried on x86-64 alone", ""
    reached = f" after {STEPS[kvm.steps[-1]]}" if kvm.steps and kvm.steps[-1] in STEPS else ""
    how = "hangs" if kvm.state == "hangs" else "fails"
    text = f"/dev/kvm opens, but a small guest {how}{reached}"
    if kvm.problem:
        text += f": {kvm.problem}"
    mend = "no kernel boots on it: take hardware with VT-x or AMD-V, or, in a VM, turn on nested"
    return text, mend + " virtualisation on its host"


def _waypipe(facts: Facts) -> Finding:
    version = facts.machines.waypipe
    if "waypipe" not in facts.programs:
        text = "not on PATH: windows of QEMU's VMs come by it"
        return Finding("vms", "waypipe", _needed(facts), text, install("waypipe"))
    if version_of(version) >= WAYPIPE_FEATURES:
        return Finding("vms", "waypipe", "ok", version)
    text = f"{version or 'a version that it does not tell'}: older than 0.9.2, without --secctx"
    return Finding("vms", "waypipe", "warning", text, "Debian 13's will do: " + install("waypipe"))


def _cross_domain(facts: Facts) -> Finding:
    if "crosvm" in facts.programs:
        text = "crosvm; whether cloud-hypervisor has Spectrum's gpu is seen when a VM starts"
        return Finding("vms", "cross-domain", "ok", text)
    if not facts.configuration.cross_domain:
        return Finding("vms", "cross-domain", "ok", "no VM wants it, and there is no crosvm")
    text = 'VMs have transport = "cross-domain", and crosvm is not on PATH'
    mend = 'put crosvm there, from its project (Debian has no package of it); or "auto"'
    return Finding("vms", "cross-domain", "problem", text, mend)


def _vsock(facts: Facts) -> Finding:
    drivers = set(facts.configuration.drivers)
    if drivers & {"cloud-hypervisor", ATTACHED} and "qemu" not in drivers:
        text = "cloud-hypervisor's own, of sockets of the file system"
        return Finding("vms", "vsock", "ok", text)
    # The kernel's own is not looked at: it would be one for all VMs (vm/qemu/vsock.py).
    if "vhost-device-vsock" in facts.programs:
        return Finding("vms", "vsock", "ok", "vhost-device-vsock")
    if "cloud-hypervisor" in facts.programs:
        return Finding("vms", "vsock", "ok", "cloud-hypervisor's own")
    text = "no vhost-device-vsock"
    if "socat" in facts.programs:
        text += "; QEMU's VMs fall back to a network device of their own"
    return Finding("vms", "vsock", "warning", text, install("vhost-device-vsock") + " (Debian 14)")


def _ways(facts: Facts) -> Finding:
    if "socat" in facts.programs:
        return Finding("vms", "socat", "ok", "leads from QEMU's VMs to their windows and agents")
    text = "not on PATH: QEMU's VMs have neither windows nor agents"
    return Finding("vms", "socat", _needed(facts), text, install("socat"))


def _network(facts: Facts) -> Finding:
    names = ", ".join(facts.configuration.uplinks)
    if "passt" in facts.programs:
        return Finding("vms", "network", "ok", f"passt; the host's is for {names or 'no VM'}")
    if not names:
        return Finding("vms", "network", "ok", "no VM is given the host's")
    text = f"passt is not on PATH: {names} cannot start without it"
    return Finding("vms", "network", "problem", text, install("passt"))


def _images(facts: Facts) -> Finding:
    packages = {"mmdebstrap": "mmdebstrap", "mksquashfs": "squashfs-tools"}
    missing = [name for name in packages if name not in facts.programs]
    if not missing:
        return Finding("vms", "images", "ok", "spectrumctl image build has what it needs")
    text = f"{' and '.join(missing)} not on PATH: spectrumctl image build makes none"
    mend = install(" ".join(packages[name] for name in missing))
    return Finding("vms", "images", "warning", text, mend)


def _sandbox(facts: Facts) -> Finding:
    needed: Level = "problem" if facts.configuration.drivers else "warning"
    if "bwrap" not in facts.programs:
        text = "bubblewrap is not on PATH: VMs have no gate without it, and no windows"
        return Finding("vms", "sandbox", needed, text, install("bubblewrap"))
    if facts.person.uid == 0 and "setpriv" not in facts.programs:
        text = "setpriv is not on PATH: the gates of root's VMs need it"
        return Finding("vms", "sandbox", needed, text, install("util-linux"))
    if facts.machines.namespaces_error:
        text = f"bubblewrap makes no sandbox: {facts.machines.namespaces_error}"
        mend = "sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000"
        return Finding("vms", "sandbox", needed, text, mend)
    return Finding("vms", "sandbox", "ok", "bubblewrap with user namespaces")


def _confinement(facts: Facts) -> Finding:
    machines = facts.machines
    missing = [name for name, there in (("seccomp", machines.seccomp),
                                        ("landlock", machines.landlock > 0)) if not there]
    if not missing:
        text = f"seccomp and landlock (version {machines.landlock})"
        return Finding("vms", "confinement", "ok", text)
    text = f"the kernel has no {' and no '.join(missing)}"
    mend = "a kernel that has it; landlock stands in lsm= of the kernel's command line"
    return Finding("vms", "confinement", "warning", text, mend)


def _groups(facts: Facts) -> Finding:
    error = facts.machines.groups_error
    if not error:
        text = "a VM has one where the session is started by a unit that delegates its own"
        return Finding("vms", "control groups", "ok", text)
    text = f"{error}: nothing but the gate bounds the memory that a VM takes of the host's"
    mend = "boot with cgroup v2: systemd.unified_cgroup_hierarchy=1 on the kernel's command line"
    return Finding("vms", "control groups", "warning", text, mend)


def version_of(text: str) -> tuple[int, ...]:
    """The numbers of a version, as in 0.9.2; () when there are none."""
    match = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(int(number) for number in match[0].split(".")) if match else ()
