"""The inputs of an image, and the key that identifies them."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

SUITE = "trixie"
GUEST = Path(__file__).resolve().parent / "guest"
"""Our files that go into every image."""
_CODE = tuple(Path(__file__).resolve().with_name(name) for name in ("kernel.py", "root.py"))
"""Our code that determines the content of an image."""

BASE_PACKAGES = (
    "base-files",
    "base-passwd",
    "busybox-static",
    "dash",
    "fontconfig-config",
    "fonts-dejavu-mono",
    "libc-bin",
    "libpython3-stdlib",
    "ncurses-base",
    "python3-minimal",
    "socat",
    "waypipe",
    "xkb-data",
)
"""Packages for our init, the agent and the transport."""

KERNELS = {"amd64": "linux-image-cloud-amd64", "arm64": "linux-image-cloud-arm64"}
"""Debian's kernels for virtual machines, by Debian's name of the architecture."""

MODULES = (
    "virtio_pci",
    "virtio_mmio",
    "virtio_blk",
    "virtio_console",
    "virtio_net",
    "squashfs",
    "overlay",
    "vmw_vsock_virtio_transport",
    "button",
    "evdev",
)
"""Kernel modules that every guest loads before its root is there; those built in are left out."""

MODULES_OF = {
    "nftables": (
        *("nf_tables", "nft_chain_nat", "nft_ct", "nft_masq", "nft_nat"),
        "nft_reject_inet",
    ),
}
"""Those that it loads besides, by the package that can do nothing without them."""

LEFT_OUT = (
    "./boot/",
    "./lib/modules/",
    "./usr/lib/modules/",
    "./usr/share/doc/",
    "./usr/share/initramfs-tools/",
    "./usr/share/info/",
    "./usr/share/locale/",
    "./usr/share/man/",
    "./var/cache/",
    "./var/lib/apt/lists/",
    "./usr/lib/x86_64-linux-gnu/dri/",
    "./usr/lib/x86_64-linux-gnu/libLLVM",
    "./usr/lib/x86_64-linux-gnu/libgallium",
    "./usr/lib/aarch64-linux-gnu/dri/",
    "./usr/lib/aarch64-linux-gnu/libLLVM",
    "./usr/lib/aarch64-linux-gnu/libgallium",
)
"""Beginnings of paths that a guest without graphics hardware has no use for."""

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}

_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_HASH_LETTERS = 16


class RecipeError(ValueError):
    """A recipe is invalid; the text says why."""


class Recipe(msgspec.Struct, frozen=True):
    """An image of one VM."""

    name: str
    """The VM's name."""
    packages: tuple[str, ...]
    """Of Debian, on top of BASE_PACKAGES."""
    suite: str = SUITE
    architecture: str = "amd64"
    """Debian's name for it."""

    def check(self) -> None:
        """Check that all names are safe on a command line. Raises RecipeError."""
        for package in self.packages:
            if _PACKAGE.fullmatch(package) is None:
                raise RecipeError(f"{package[:80]!r} is not the name of a Debian package")
        if self.architecture not in KERNELS:
            known = ", ".join(sorted(KERNELS))
            raise RecipeError(f"architecture {self.architecture!r} is not one of {known}")
        if _PACKAGE.fullmatch(self.suite) is None:
            raise RecipeError(f"{self.suite[:80]!r} is not the name of a Debian suite")

    def all_packages(self) -> list[str]:
        """All packages to install, the kernel included."""
        return sorted({*BASE_PACKAGES, *self.packages, KERNELS[self.architecture]})

    def modules(self) -> list[str]:
        """Names of the kernel modules to load, without their dependencies."""
        more = (name for package in self.packages for name in MODULES_OF.get(package, ()))
        return list(dict.fromkeys((*MODULES, *more)))

    def key(self, guest: Path = GUEST) -> str:
        """A hash of all inputs of the image.

        Versions of Debian packages are not part of it: `--again` rebuilds for newer ones.
        """
        # Imported here because it loads OpenSSL, which most sessions do not use.
        import hashlib

        content = hashlib.sha256()
        content.update(
            json.dumps(
                [self.suite, self.architecture, self.all_packages(), self.modules(), LEFT_OUT]
            ).encode()
        )
        for path in (*_CODE, *guest_files(guest)):
            content.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        return content.hexdigest()[:_HASH_LETTERS]


def this_architecture() -> str:
    """Debian's name of this machine's architecture, or the kernel's where that is unknown."""
    return _MACHINES.get(platform.machine(), platform.machine())


def guest_files(guest: Path = GUEST) -> Sequence[Path]:
    """Our own files for the image, sorted by name."""
    return sorted(path for path in guest.iterdir() if path.is_file())
