"""The program spectrum-session: command line, environment of the backend, exit codes."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import re
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

from spectrum_session.crash.watch import Watch
from spectrum_session.crash.watched import tell, watched
from spectrum_session.logs import c_lines
from spectrum_session.logs.setup import PRINTED

log = logging.getLogger(__name__)

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_BACKEND = 3
EXIT_ENVIRONMENT = 4

BACKENDS = ("auto", "drm", "wayland", "x11", "headless")
LEVELS = ("debug", "info", "warning", "error")
WLR_LEVELS = {"debug": 3, "info": 2, "warning": 1, "error": 1}
"""wlroots' own verbosity; it has no warnings."""


def parse_output(text: str) -> tuple[int, int, float]:
    """Read WIDTHxHEIGHT[@SCALE]: physical pixels, and logical-to-physical scale."""
    match = re.fullmatch(r"(\d{2,5})x(\d{2,5})(?:@(\d+(?:\.\d+)?))?", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT or WIDTHxHEIGHT@SCALE")
    width, height, scale = int(match[1]), int(match[2]), float(match[3] or 1)
    if not 0.5 <= scale <= 4:
        raise argparse.ArgumentTypeError(f"scale {scale:g} is not between 0.5 and 4")
    if not 64 <= min(width, height) <= max(width, height) <= 16384:
        raise argparse.ArgumentTypeError(f"{width}x{height} is not between 64 and 16384 pixels")
    return width, height, scale


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="spectrum-session",
        description="The graphical session of a Spectrum host: a Wayland compositor that labels"
        " every window with its VM.",
        epilog="`spectrum-session doctor` checks what this machine has of what a session needs."
        " Exit codes: 0 the session ended; 1 it failed while running; 2 usage or"
        " configuration; 3 backend or libraries; 4 the environment (XDG_RUNTIME_DIR).",
    )
    parser.add_argument(
        "--config",
        metavar="DIR",
        type=Path,
        help="read this directory over the shipped defaults, and no other",
    )
    parser.add_argument("--backend", choices=BACKENDS, default="auto", help="where to draw")
    parser.add_argument(
        "--output",
        metavar="WxH[@SCALE]",
        type=parse_output,
        action="append",
        default=[],
        help="size of an output (physical pixels) and its scale; once per output",
    )
    parser.add_argument(
        "--ready-fd",
        metavar="N",
        type=int,
        help="write a newline to this file descriptor when clients can connect",
    )
    parser.add_argument(
        "--check-config", action="store_true", help="say whether the configuration is valid"
    )
    parser.add_argument("--log-level", choices=LEVELS, default="info", help="how much to log")
    parser.add_argument("--version", action="store_true", help="say what would run")
    return parser


def choose_backend(wanted: str) -> str:
    """Turn `auto` into what this environment offers."""
    if wanted != "auto":
        return wanted
    if os.environ.get("WLR_BACKENDS"):
        first = os.environ["WLR_BACKENDS"].split(",")[0]
        return first if first in BACKENDS else "drm"
    if os.environ.get("WAYLAND_DISPLAY") or os.environ.get("WAYLAND_SOCKET"):
        return "wayland"
    if os.environ.get("DISPLAY"):
        return "x11"
    if os.path.isdir("/dev/dri") and _on_virtual_terminal():
        return "drm"
    return "headless"


def _on_virtual_terminal() -> bool:
    try:
        return re.fullmatch(r"/dev/tty\d+", os.ttyname(0)) is not None
    except OSError:
        return bool(os.environ.get("XDG_VTNR"))


def set_backend_environment(backend: str, outputs: int) -> None:
    """Tell wlroots by its environment variables; what the user set there wins."""
    default = os.environ.setdefault
    if backend == "drm":
        default("WLR_BACKENDS", "drm,libinput")
        return
    default("WLR_BACKENDS", backend)
    if backend == "headless":
        default("WLR_LIBINPUT_NO_DEVICES", "1")
        os.environ["WLR_HEADLESS_OUTPUTS"] = "0"
    elif backend == "wayland":
        default("WLR_WL_OUTPUTS", str(max(1, outputs)))
    elif backend == "x11":
        default("WLR_X11_OUTPUTS", str(max(1, outputs)))
    if not any(name.startswith("renderD") for name in _dri_nodes()):
        # Without a render node there is nothing but the CPU, and pixman uses it best.
        default("WLR_RENDERER", "pixman")


def _dri_nodes() -> list[str]:
    try:
        return os.listdir("/dev/dri")
    except OSError:
        return []


def runtime_directory() -> Path:
    """$XDG_RUNTIME_DIR, checked. Raises OSError that says what is wrong with it."""
    text = os.environ.get("XDG_RUNTIME_DIR", "")
    if not text:
        raise OSError("XDG_RUNTIME_DIR is not set; a login (pam_systemd, elogind) sets it")
    path = Path(text)
    status = path.stat()
    if not stat.S_ISDIR(status.st_mode):
        raise OSError(f"XDG_RUNTIME_DIR: {text} is not a directory")
    if status.st_uid != os.getuid():
        raise OSError(f"XDG_RUNTIME_DIR: {text} belongs to user {status.st_uid}, not to us")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise OSError(f"XDG_RUNTIME_DIR: {text} is open to others; make it mode 0700")
    return path


def state_directory() -> Path:
    """Where logs are kept."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(Path.home(), ".local", "state")
    return Path(base) / "spectrum-session"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the session. Returns the exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    if words[:1] == ["doctor"]:
        from .doctor import main as doctor

        return doctor(words[1:])
    arguments = make_parser().parse_args(words)
    # Nothing of what is imported is garbage; the session collects once when it is ready.
    gc.disable()
    if arguments.check_config:
        from spectrum_session.config.check import check

        return check(arguments.config)
    if arguments.version:
        set_backend_environment(choose_backend(arguments.backend), len(arguments.output))
        return _print_version()
    with watched(arguments.log_level, state_directory()) as watch:
        try:
            from spectrum_session.wlr import provider
        except RuntimeError as error:
            return _fail(EXIT_BACKEND, str(error))
        if watch is not None:
            watch.tell({"wlroots": f"{provider.wlroots_version} ({provider.name})"})
        return _run(arguments, provider.name, watch)


def _print_version() -> int:
    import platform

    from spectrum_session import __version__
    from spectrum_session.compositor.outputs.renderer import probe

    try:
        from spectrum_session.wlr import provider
    except RuntimeError as error:
        return _fail(EXIT_BACKEND, str(error))
    print(f"spectrum-session {__version__}")
    print(f"wlroots {provider.wlroots_version} ({provider.name})")
    print(f"libwayland {provider.wayland_version}")
    print(f"libxkbcommon {provider.xkbcommon_version}")
    print(f"renderer {probe()}")
    print(f"Python {platform.python_version()}")
    return 0


def _run(arguments: argparse.Namespace, provider_name: str, watch: Watch | None) -> int:
    # asyncio does without TLS when it cannot import it, and we have no use for it: 8 ms and 1 MB.
    sys.modules.setdefault("ssl", None)  # type: ignore[arg-type]
    import asyncio

    if sys.modules["ssl"] is None:
        del sys.modules["ssl"]

    from spectrum_session.config.errors import ConfigErrors
    from spectrum_session.config.load import load

    try:
        from spectrum_session.compositor.input.keysyms import keysym_from_name
        from spectrum_session.session.options import BARE_METAL, Options
        from spectrum_session.session.session import Session

        backend = choose_backend(arguments.backend)
        config = load(
            arguments.config, keysym=keysym_from_name, bare_metal=backend in BARE_METAL
        )
    except ConfigErrors as errors:
        return _fail(EXIT_USAGE, str(errors))
    try:
        runtime = runtime_directory()
    except OSError as error:
        return _fail(EXIT_ENVIRONMENT, str(error))
    from spectrum_session import native

    if native.load() is None:
        return _fail(EXIT_BACKEND, native.MISSING)
    if backend == "drm" and provider_name == "wheel":
        return _fail(
            EXIT_BACKEND,
            "the wlroots of the pywlroots wheel has no DRM backend; start inside another session"
            " (WAYLAND_DISPLAY or DISPLAY set), or with --backend headless",
        )
    set_backend_environment(backend, len(arguments.output))
    options = Options(
        config_directory=arguments.config,
        outputs=tuple(arguments.output),
        backend=backend,
        ready_fd=arguments.ready_fd,
        notify_socket=os.environ.pop("NOTIFY_SOCKET", None),
        parent_display=os.environ.get("WAYLAND_DISPLAY") if backend == "wayland" else None,
        runtime_directory=runtime,
        state_directory=state_directory(),
        crashed=watch.notice if watch is not None else None,
    )
    from spectrum_session.compositor.server import StartError
    from spectrum_session.vm.processes.descriptor_limit import raise_limit

    _log_of_wlroots(WLR_LEVELS[arguments.log_level])
    if watch is not None:
        renderer = os.environ.get("WLR_RENDERER", "chosen by wlroots")
        watch.tell({"backend": backend, "renderer": renderer})

    raise_limit()

    async def session() -> None:
        await Session(options, config).run()

    try:
        asyncio.run(session())
    except StartError as error:
        return _fail(EXIT_BACKEND, str(error))
    except OSError as error:
        tell(watch, error)
        return _fail(EXIT_FAILURE, str(error))
    return 0


def _log_of_wlroots(importance: int) -> None:
    """wlroots' lines into our log."""
    from spectrum_session import native, wlr

    c_lines.take(native.load(), wlr, importance)


def _fail(code: int, text: str) -> int:
    for line in text.splitlines():
        print(f"spectrum-session: {line}", file=sys.stderr)
        log.error("%s", line, extra=PRINTED)
    return code
