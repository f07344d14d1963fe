"""Checks for running VMs. Pure."""

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
"""The steps that the KVM probe's guest (kvm_guest.S) reports, by letter, in their order."""


def vms(facts: Facts) -> list[Finding]:
    """Findings about VM monitors, transports, networks, images and sandboxes."""
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
    """Whether the configuration defines VMs other than sandboxes."""
    return any(driver != "local" for driver in facts.configuration.drivers)


def _monitor(facts: Facts) -> Finding:
    found = [name for name in (_qemu(facts), "cloud-hypervisor") if name in facts.programs]
    drivers = facts.configuration.drivers
    if "cloud-hypervisor" in drivers and "cloud-hypervisor" not in found:
        text = "configured VMs need cloud-hypervisor, which is not on PATH"
        mend = "install it from its project (Debian has no package)"
        return Finding("vms", "VM monitor", "problem", text, mend)
    if "qemu" in drivers and not _qemu(facts):
        text = "configured VMs need QEMU, which is not on PATH"
        return Finding("vms", "VM monitor", "problem", text, install("qemu-system-x86"))
    if found:
        return Finding("vms", "VM monitor", "ok", ", ".join(found))
    if ATTACHED in drivers:
        text = "not needed: all configured VMs are run by another service"
        return Finding("vms", "VM monitor", "ok", text)
    text = "neither QEMU nor cloud-hypervisor on PATH: no VMs, only sandboxes"
    return Finding("vms", "VM monitor", "warning", text, install("qemu-system-x86"))


def _needed(facts: Facts) -> Level:
    return "problem" if _real(facts) else "warning"


def _kvm(facts: Facts) -> Finding:
    kvm = facts.machines.kvm
    if kvm.state == "works":
        return Finding("vms", "KVM", "ok", "a test guest went through all steps of a boot")
    level: Level = "warning"
    slow = "VMs are emulated (QEMU's TCG), about ten times slower"
    alone = "cloud-hypervisor" in facts.programs and not _qemu(facts)
    if alone or "cloud-hypervisor" in facts.configuration.drivers:
        level, slow = "problem", "cloud-hypervisor does not run without it"
    text, mend = _kvm_trouble(facts, kvm)
    return Finding("vms", "KVM", level, f"{text}; {slow}", mend)


def _kvm_trouble(facts: Facts, kvm: Kvm) -> tuple[str, str]:
    if kvm.node is None:
        mend = "turn on VT-x or AMD-V in the firmware, then modprobe kvm_intel or kvm_amd;"
        return "/dev/kvm does not exist", mend + " in a VM: nested virtualisation on its host"
    if not kvm.node.usable:
        group = kvm.node.group or "kvm"
        name = facts.user.name
        mend = f"adduser {name} {group}, and log in again"
        return f"{name} has no access to {kvm.node.path}", mend
    if kvm.state == "untried":
        return "/dev/kvm opens; booting a test guest is only supported on x86-64", ""
    reached = f" after {STEPS[kvm.steps[-1]]}" if kvm.steps and kvm.steps[-1] in STEPS else ""
    how = "hangs" if kvm.state == "hangs" else "fails"
    text = f"/dev/kvm opens, but a test guest {how}{reached}"
    if kvm.problem:
        text += f": {kvm.problem}"
    mend = "use hardware with VT-x or AMD-V, or, in a VM, turn on nested"
    return text, mend + " virtualisation on its host"


def _waypipe(facts: Facts) -> Finding:
    version = facts.machines.waypipe
    if "waypipe" not in facts.programs:
        text = "not on PATH: QEMU VMs need it for their windows"
        return Finding("vms", "waypipe", _needed(facts), text, install("waypipe"))
    if version_of(version) >= WAYPIPE_FEATURES:
        return Finding("vms", "waypipe", "ok", version)
    text = f"{version or 'unknown version'}: older than 0.9.2, without --secctx"
    return Finding("vms", "waypipe", "warning", text, "Debian 13: " + install("waypipe"))


def _cross_domain(facts: Facts) -> Finding:
    if "crosvm" in facts.programs:
        text = "crosvm; cloud-hypervisor also needs Spectrum's gpu, checked when a VM starts"
        return Finding("vms", "cross-domain", "ok", text)
    if not facts.configuration.cross_domain:
        return Finding("vms", "cross-domain", "ok", "no crosvm, and no VM that needs it")
    text = 'VMs have transport = "cross-domain", but crosvm is not on PATH'
    mend = 'install crosvm from its project (Debian has no package), or use transport = "auto"'
    return Finding("vms", "cross-domain", "problem", text, mend)


def _vsock(facts: Facts) -> Finding:
    drivers = set(facts.configuration.drivers)
    if drivers & {"cloud-hypervisor", ATTACHED} and "qemu" not in drivers:
        text = "cloud-hypervisor's own, on unix sockets"
        return Finding("vms", "vsock", "ok", text)
    # The kernel's vhost-vsock is not checked: all VMs would share it (vm/drivers/qemu/vsock.py).
    if "vhost-device-vsock" in facts.programs:
        return Finding("vms", "vsock", "ok", "vhost-device-vsock")
    if "cloud-hypervisor" in facts.programs:
        return Finding("vms", "vsock", "ok", "cloud-hypervisor's own")
    text = "vhost-device-vsock is not on PATH"
    if "socat" in facts.programs:
        text += "; QEMU VMs fall back to guestfwd"
    return Finding("vms", "vsock", "warning", text, install("vhost-device-vsock") + " (Debian 14)")


def _ways(facts: Facts) -> Finding:
    if "socat" in facts.programs:
        return Finding("vms", "socat", "ok", "carries QEMU VMs' windows and agents")
    text = "not on PATH: QEMU VMs have neither windows nor agents"
    return Finding("vms", "socat", _needed(facts), text, install("socat"))


def _network(facts: Facts) -> Finding:
    names = ", ".join(facts.configuration.uplinks)
    if "passt" in facts.programs:
        return Finding("vms", "network", "ok", f"passt; uplinks: {names or 'none'}")
    if not names:
        return Finding("vms", "network", "ok", "not needed: no VM has the host's network")
    text = f"passt is not on PATH: {names} cannot start without it"
    return Finding("vms", "network", "problem", text, install("passt"))


def _images(facts: Facts) -> Finding:
    packages = {"mmdebstrap": "mmdebstrap", "mksquashfs": "squashfs-tools"}
    missing = [name for name in packages if name not in facts.programs]
    if not missing:
        return Finding("vms", "images", "ok", "spectrumctl image build can run")
    text = f"{' and '.join(missing)} not on PATH: spectrumctl image build cannot run"
    mend = install(" ".join(packages[name] for name in missing))
    return Finding("vms", "images", "warning", text, mend)


def _sandbox(facts: Facts) -> Finding:
    needed: Level = "problem" if facts.configuration.drivers else "warning"
    if "bwrap" not in facts.programs:
        text = "bubblewrap is not on PATH: without it VMs have neither gates nor windows"
        return Finding("vms", "sandbox", needed, text, install("bubblewrap"))
    if facts.user.uid == 0 and "setpriv" not in facts.programs:
        text = "setpriv is not on PATH: gates in root's session need it"
        return Finding("vms", "sandbox", needed, text, install("util-linux"))
    if facts.machines.namespaces_error:
        text = f"bubblewrap cannot make a sandbox: {facts.machines.namespaces_error}"
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
    text = f"the kernel lacks {' and '.join(missing)}"
    mend = "use a kernel that has it; landlock must be in lsm= on the kernel's command line"
    return Finding("vms", "confinement", "warning", text, mend)


def _groups(facts: Facts) -> Finding:
    error = facts.machines.groups_error
    if not error:
        text = "one for each VM, if the session's systemd unit has Delegate="
        return Finding("vms", "control groups", "ok", text)
    text = f"{error}: only the gate limits a VM's use of the host's memory"
    mend = "boot with cgroup v2: systemd.unified_cgroup_hierarchy=1 on the kernel's command line"
    return Finding("vms", "control groups", "warning", text, mend)


def version_of(text: str) -> tuple[int, ...]:
    """The numbers of a version such as 0.9.2; () when there are none."""
    match = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(int(number) for number in match[0].split(".")) if match else ()
