"""The one seam to C. Hands out `ffi` and `lib` with wlroots' own names, and owned listeners.

The compositor is written to the rules of wlroots 0.19 and later: it sends the first configure at
the initial commit, and no listener outlives its object. Which wlroots is loaded, and what makes
an older one look like that, is known only here. Importing this package loads the library; a
`ProviderError` says what to install.
"""

from __future__ import annotations

from typing import Any

from .listeners import Listeners, Owner
from .provider import ProviderError, load

provider = load()
ffi: Any = provider.ffi
lib: Any
if provider.name == "system":
    from . import compat_system

    lib = compat_system.Lib(ffi, provider.lib)
    listeners = Listeners(ffi, lib)
    connect = compat_system.make_connect(provider.lib, listeners)
else:
    from . import compat_wheel

    lib = compat_wheel.Lib(ffi, provider.lib)
    listeners = Listeners(ffi, lib)
    connect = compat_wheel.make_connect(ffi, listeners)
NULL: Any = ffi.NULL


def string(pointer: Any) -> str:
    """A C string as text; NULL is empty. Bytes that are not UTF-8 become U+FFFD."""
    return ffi.string(pointer).decode("utf-8", "replace") if pointer else ""


def address(pointer: Any) -> int:
    """A pointer's number, for use as a key. Drop the key when the object goes: numbers return."""
    return int(ffi.cast("uintptr_t", pointer))


__all__ = [
    "NULL",
    "Listeners",
    "Owner",
    "ProviderError",
    "address",
    "connect",
    "ffi",
    "lib",
    "listeners",
    "provider",
    "string",
]
