"""Find and load one wlroots: the system's, where our module for it was built, else the wheel's.

Nothing of pywlroots' or xkbcommon's Python code is imported: the wheel's extension module is only
the door to the shared libraries beside it (its run path finds them), and everything that touches
a pointer of wlroots goes through that one door. So keymaps come from the libxkbcommon, and display,
clients and events from the libwayland, that this wlroots is linked to.
"""

from __future__ import annotations

import glob
import importlib
import importlib.util
import os
from dataclasses import dataclass
from typing import Any

WAYLAND_VERSION = "0.22.0"
"""Version in the file name of the libwayland that the supported wheels of pywlroots and pywayland
carry (libwayland 1.22); both are mapped at once, which works because they are the same."""

XKBCOMMON_VERSION = "0.9.1"
"""Of the libxkbcommon in pywlroots' wheel, by the name of the debug file that it names."""

INSTALL_HINT = "pip install pywlroots==0.17.0 pywayland==0.4.17  (Python 3.10, 3.11 or 3.12)"
BUILD_HINT = (
    "or, on the system's wlroots 0.18 to 0.20, in a clone: scripts/build system"
    "  (what it needs is in scripts/packages-run and packages-system; see docs/INSTALL.md)"
)
CHOICE = "SPECTRUM_SESSION_WLROOTS"
"""Environment variable: "system" or "wheel" takes that one and no other."""


class ProviderError(RuntimeError):
    """No usable wlroots; the text says what to install."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A loaded wlroots: cffi's `ffi` and `lib`, and what to tell a person about it."""

    name: str
    wlroots_version: str
    wayland_version: str
    """Of libwayland; with the system's, that of the headers which the module was compiled with."""
    xkbcommon_version: str
    """Of libxkbcommon, likewise."""
    library: str
    ffi: Any
    lib: Any


def load() -> Provider:
    """Load the provider. Raises ProviderError with a text that says how to mend it."""
    choice = os.environ.get(CHOICE, "")
    if choice not in ("", "system", "wheel"):
        raise ProviderError(f"{CHOICE} is {choice!r}; allowed are system and wheel")
    if choice != "wheel":
        provider = _load_system()
        if provider is not None:
            return provider
        if choice == "system":
            raise ProviderError(f"the module for the system's wlroots is not built: {BUILD_HINT}")
    return _load_wheel()


def _load_system() -> Provider | None:
    """Our own module, if it was built for this Python."""
    name = f"{__package__}._system"
    if importlib.util.find_spec(name) is None:
        return None
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise ProviderError(
            f"the module for the system's wlroots does not load ({error}); build it again:"
            " scripts/build system, or the Debian package anew"
        ) from error
    spec = importlib.util.find_spec("pywayland")
    if spec is not None and spec.submodule_search_locations:
        package = spec.submodule_search_locations[0]
        bundled = os.path.join(os.path.dirname(package), "pywayland.libs")
        if os.path.isdir(bundled):
            raise ProviderError(
                "PyPI's pywayland carries a libwayland of its own, which aborts beside the"
                " system's: use Debian's python3-pywayland (pip uninstall pywayland)"
            )
    ffi, lib = module.ffi, module.lib
    version = f"{lib.WLR_VERSION_MAJOR}.{lib.WLR_VERSION_MINOR}.{lib.WLR_VERSION_MICRO}"
    return Provider(
        "system",
        version,
        ffi.string(lib.ours_wayland_version).decode(),
        ffi.string(lib.ours_xkbcommon_version).decode(),
        str(module.__file__),
        ffi,
        lib,
    )


def _load_wheel() -> Provider:
    if os.uname().machine != "x86_64" or os.uname().sysname != "Linux":
        raise ProviderError("the pywlroots wheel exists for Linux on x86-64 only")
    spec = importlib.util.find_spec("wlroots")
    if spec is None or not spec.submodule_search_locations:
        raise ProviderError(f"no wlroots found; install it with: {INSTALL_HINT}\n{BUILD_HINT}")
    package = spec.submodule_search_locations[0]
    doors = glob.glob(os.path.join(glob.escape(package), "_ffi*.so"))
    bundle = os.path.join(os.path.dirname(package), "pywlroots.libs")
    libraries = glob.glob(os.path.join(glob.escape(bundle), "libwlroots-*.so.12"))
    if not doors or not libraries:
        raise ProviderError(
            f"{package} is not the binary wheel of pywlroots 0.17.0 (no bundled libwlroots);"
            f" install it with: {INSTALL_HINT}"
        )
    try:
        from . import _wheel
    except ImportError as error:
        raise ProviderError(
            "spectrum_session/wlr/_wheel.py is missing; build it with"
            " `python spectrum_session/wlr/_wheel_build.py`"
        ) from error
    ffi = _wheel.ffi
    try:
        lib = ffi.dlopen(doors[0], ffi.RTLD_LAZY | ffi.RTLD_LOCAL)
    except OSError as error:
        raise ProviderError(f"cannot load {doors[0]}: {error}") from error
    _check_versions(bundle)
    wayland = f"1.{WAYLAND_VERSION.partition('.')[2]}"
    return Provider("wheel", "0.17.3", wayland, XKBCOMMON_VERSION, libraries[0], ffi, lib)


def _check_versions(bundle: str) -> None:
    """The layout table is of one release: refuse a wheel that bundles another libwayland."""
    servers = glob.glob(os.path.join(glob.escape(bundle), "libwayland-server-*.so.*"))
    if not servers or not all(name.endswith(f".so.{WAYLAND_VERSION}") for name in servers):
        raise ProviderError(
            f"the libwayland bundled with pywlroots is not {WAYLAND_VERSION} but {servers};"
            f" install the supported wheels with: {INSTALL_HINT}"
        )
    spec = importlib.util.find_spec("pywayland")
    if spec is None or not spec.submodule_search_locations:
        raise ProviderError(f"pywayland is missing; install it with: {INSTALL_HINT}")
    beside = os.path.join(os.path.dirname(spec.submodule_search_locations[0]), "pywayland.libs")
    servers = glob.glob(os.path.join(glob.escape(beside), "libwayland-server-*.so.*"))
    if not servers or not all(name.endswith(f".so.{WAYLAND_VERSION}") for name in servers):
        raise ProviderError(
            f"pywayland carries the libwayland {servers or 'of the system'}, wlroots carries"
            f" {WAYLAND_VERSION}; two different ones in one process abort at the first client."
            f" Install the pair that works: {INSTALL_HINT}"
        )
