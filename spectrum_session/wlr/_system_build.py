"""Build `_system`: the declarations compiled against the system's wlroots, 0.18 or later.

cffi's API mode: the compiler fills in what the partial structs leave out, and refuses every name
and signal that its headers do not know. Needs a C compiler, pkg-config and the development files
of wlroots, wayland, pixman and xkbcommon. Run `python spectrum_session/wlr/_system_build.py`.
"""

from __future__ import annotations

import atexit
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from typing import Any

import cffi

# Not as a package: importing that would load the library that this is built for.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import declarations  # type: ignore[import-not-found]

PACKAGES = ("wlroots-0.20", "wlroots-0.19", "wlroots-0.18")
"""Tried in this order; SPECTRUM_WLROOTS_PACKAGE names one to be taken instead."""

HEADER_TEXT = """
wlr/config.h wlr/version.h
wlr/backend.h wlr/backend/headless.h wlr/backend/multi.h wlr/backend/session.h
wlr/interfaces/wlr_buffer.h wlr/interfaces/wlr_keyboard.h wlr/render/allocator.h
wlr/render/pixman.h wlr/render/wlr_renderer.h wlr/util/box.h wlr/util/log.h wlr/util/region.h
"""
TYPE_HEADER_TEXT = """
buffer compositor content_type_v1 cursor cursor_shape_v1 data_control_v1 data_device
export_dmabuf_v1 foreign_toplevel_management_v1 fractional_scale_v1 gamma_control_v1
idle_inhibit_v1 idle_notify_v1 input_device input_method_v2 keyboard
keyboard_shortcuts_inhibit_v1 layer_shell_v1 output output_layout output_management_v1
output_power_management_v1 pointer pointer_constraints_v1 pointer_gestures_v1 presentation_time
primary_selection primary_selection_v1 relative_pointer_v1 scene screencopy_v1 seat
security_context_v1 session_lock_v1 single_pixel_buffer_v1 subcompositor
tablet_tool tablet_v2 tearing_control_v1 text_input_v3 touch viewporter virtual_keyboard_v1
virtual_pointer_v1 xcursor_manager xdg_activation_v1 xdg_output_v1 xdg_shell
"""


def pkg_config(*args: str) -> list[str]:
    """Output of pkg-config, split at spaces. Raises CalledProcessError."""
    run = subprocess.run(["pkg-config", *args], capture_output=True, text=True, check=True)
    return run.stdout.split()


def find_package() -> str | None:
    """The pkg-config name of the wlroots to build for; None when there is none."""
    wanted = os.environ.get("SPECTRUM_WLROOTS_PACKAGE")
    for package in (wanted,) if wanted else PACKAGES:
        try:
            pkg_config("--exists", package)
        except (OSError, subprocess.CalledProcessError):
            continue
        return package
    return None


def cdef() -> str:
    """The declarations for cffi: partial structs, and a function for each signal."""
    lines = [declarations.TYPES, declarations.ENUMS]
    for name, fields in declarations.STRUCTS.items():
        lines.append(f"struct {name} {{ {fields} ...; }};")
    lines += [declarations.FUNCTIONS, declarations.SYSTEM_FUNCTIONS]
    for struct, signal in signals():
        lines.append(f"struct wl_signal *signal__{struct}__{signal}(struct {struct} *);")
    return "\n".join(lines)


def source() -> str:
    """The C source: all headers, and what the declarations add to them."""
    system = "malloc.h stdlib.h string.h time.h sys/timerfd.h drm_fourcc.h"
    names = [*system.split(), "wayland-server-core.h", "xkbcommon/xkbcommon.h", "pixman.h"]
    lines = [f"#include <{name}>" for name in names]
    names = HEADER_TEXT.split()
    names += [f"wlr/types/wlr_{name}.h" for name in TYPE_HEADER_TEXT.split()]
    lines += [f"#include <{name}>" for name in names]
    for struct, signal in signals():
        head = f"static struct wl_signal *signal__{struct}__{signal}(struct {struct} *object)"
        since, older = declarations.OLDER_NAMES.get((struct, signal), (0, ""))
        if older:
            lines.append(f"#if WLR_VERSION_MINOR < {since}")
            lines.append(f"{head} {{ return &object->events.{older}; }}")
            lines.append("#else")
        lines.append(f"{head} {{ return &object->events.{signal}; }}")
        if older:
            lines.append("#endif")
    lines.append(declarations.SYSTEM_SOURCE)
    # Its headers do not say which it is.
    [version] = pkg_config("--modversion", "xkbcommon")
    lines.append(f'static const char *const ours_xkbcommon_version = "{version}";')
    return "\n".join(lines)


def signals() -> list[tuple[str, str]]:
    """(struct, signal) of all that later versions have."""
    found = [(struct, name) for struct, names in declarations.SIGNALS.items() for name in names]
    found += [
        (struct, name) for struct, names in declarations.SYSTEM_SIGNALS.items() for name in names
    ]
    return found


def protocol_headers(target: pathlib.Path) -> None:
    """Server headers that wlroots' own headers include, made from wayland-protocols' XML.

    Those of wlroots' own protocols are not installed anywhere; only their enums are needed.
    """
    target.mkdir(parents=True, exist_ok=True)
    folders = pkg_config("--variable=includedir", find_package() or "")
    roots = [pathlib.Path(folder) for folder in folders]
    wanted: set[str] = set()
    for root in roots:
        for header in root.rglob("wlr/**/*.h"):
            wanted |= set(re.findall(r'#include [<"]([\w-]+)-protocol\.h[>"]', header.read_text()))
    wanted -= {"wayland-server"}
    xml: dict[str, pathlib.Path] = {}
    try:
        base = pathlib.Path(pkg_config("--variable=pkgdatadir", "wayland-protocols")[0])
        xml = {path.stem: path for path in base.rglob("*.xml")}
    except (OSError, subprocess.CalledProcessError, IndexError):
        xml = {}
    for stem in wanted:
        header = target / f"{stem}-protocol.h"
        if stem in xml:
            subprocess.run(
                ["wayland-scanner", "server-header", str(xml[stem]), str(header)], check=True
            )
        else:
            header.write_text(declarations.PROTOCOL_STUBS.get(stem, ""))


def make(include: pathlib.Path) -> Any:
    """The cffi builder. Raises RuntimeError when no wlroots is found."""
    package = find_package()
    if package is None:
        raise RuntimeError(f"pkg-config finds none of {', '.join(PACKAGES)}")
    packages = [package, "wayland-server", "pixman-1", "xkbcommon"]
    if pkg_config("--variable=have_libinput_backend", package) == ["true"]:
        packages.append("libinput")
    flags = pkg_config("--cflags", "--libs", *packages)
    protocol_headers(include)
    builder = cffi.FFI()
    builder.cdef(cdef())
    builder.set_source(
        "spectrum_session.wlr._system",
        source(),
        define_macros=[("WLR_USE_UNSTABLE", None)],
        include_dirs=[str(include)],
        extra_compile_args=[
            # An older compiler only warns of a name or a type that is not there.
            "-Werror=implicit-function-declaration",
            "-Werror=incompatible-pointer-types",
            "-Werror=int-conversion",
            "-Wno-deprecated-declarations",
            "-Wno-discarded-qualifiers",
            *(flag for flag in flags if not flag.startswith(("-l", "-L"))),
        ],
        extra_link_args=[flag for flag in flags if flag.startswith("-L")],
        libraries=[flag[2:] for flag in flags if flag.startswith("-l")],
    )
    return builder


def ffibuilder() -> Any:
    """The cffi builder for setup.py, which compiles it later on. Raises RuntimeError as `make`."""
    include = tempfile.mkdtemp(prefix="wlroots-protocols-")
    atexit.register(shutil.rmtree, include)
    return make(pathlib.Path(include))


def main() -> int:
    """Compile the module beside this file."""
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        try:
            builder = make(work / "include")
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 1
        os.chdir(work)
        built = pathlib.Path(builder.compile(tmpdir=str(work))).resolve()
        target = root / "spectrum_session" / "wlr" / built.name
        target.write_bytes(built.read_bytes())
        target.chmod(0o755)
    print(f"{target.relative_to(root)} for {find_package()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
