"""Judges facts: each finding is ok, a warning or a problem. Pure."""

from __future__ import annotations

from .checks_login import login
from .checks_vms import vms
from .facts import Facts
from .finding import Finding, Level, Purpose, install

LOW_SPACE = 64 << 20
"""Bytes: several times the size of our own logs and ten reports."""
NO_SPACE = 4 << 20
"""Bytes: less than one log file and one report."""


def examine(facts: Facts) -> list[Finding]:
    """All findings, in the order of the output."""
    return [*_start(facts), *login(facts), *_windows(facts), *vms(facts)]


def failed(findings: list[Finding], purposes: set[Purpose]) -> bool:
    """Whether one of the purposes has a problem."""
    return any(f.level == "problem" and f.purpose in purposes for f in findings)


def _start(facts: Facts) -> list[Finding]:
    return [
        _wlroots(facts),
        _libwayland(facts),
        _configuration(facts),
        _runtime(facts),
        _space(facts),
        _helpers(facts),
    ]


def _wlroots(facts: Facts) -> Finding:
    software = facts.software
    if not software.wlroots:
        lines = software.wlroots_error.splitlines() or ["loading fails without a message"]
        mend = f"{install('libwlroots-0.18-dev')} (Debian 13), or use the wheel: make run"
        return Finding("start", "wlroots", "problem", lines[0], mend)
    text = f"{software.wlroots} on Python {software.python}"
    return Finding("start", "wlroots", "ok", text)


def _libwayland(facts: Facts) -> Finding:
    found = facts.software.libwaylands
    if not facts.software.wlroots:
        return Finding("start", "libwayland", "warning", "not checked: wlroots does not load")
    if len(found) == 1:
        return Finding("start", "libwayland", "ok", "loaded once, as required")
    text = f"loaded {len(found)} times, which aborts at the first client: {', '.join(found)}"
    mend = f"pip uninstall pywayland; {install('python3-pywayland')}"
    return Finding("start", "libwayland", "problem", text, mend)


def _configuration(facts: Facts) -> Finding:
    errors = facts.configuration.errors or facts.configuration.troubles
    if not errors:
        count = facts.configuration.files
        return Finding("start", "configuration", "ok", f"valid, {count} file{'s'[: count != 1]}")
    text = errors[0] + (f" (and {len(errors) - 1} more)" if len(errors) > 1 else "")
    level: Level = "problem" if facts.configuration.errors else "warning"
    return Finding("start", "configuration", level, text, "spectrum-session --check-config")


def _runtime(facts: Facts) -> Finding:
    user = facts.user
    if not user.runtime_error:
        return Finding("start", "XDG_RUNTIME_DIR", "ok", user.runtime)
    mend = f"install -d -m 700 -o {user.name} /run/user/{user.uid}; "
    mend += f"export XDG_RUNTIME_DIR=/run/user/{user.uid}; or log in through PAM: "
    mend += install("libpam-systemd")
    text = user.runtime_error.removeprefix("XDG_RUNTIME_DIR: ")
    return Finding("start", "XDG_RUNTIME_DIR", "problem", text, mend)


def _space(facts: Facts) -> Finding:
    space = facts.space
    if not space.writable:
        text = f"{space.path} is not writable: no log file, no crash reports"
        return Finding("start", "logs", "warning", text, f"chown {facts.user.name} {space.path}")
    text = f"{_size(space.free)} free at {space.path}"
    if space.free >= LOW_SPACE:
        return Finding("start", "logs", "ok", text)
    level: Level = "problem" if space.free < NO_SPACE else "warning"
    mend = f"free some space: du -xh {space.path} | sort -h | tail"
    return Finding("start", "logs", level, text, mend)


def _helpers(facts: Facts) -> Finding:
    if facts.software.has_helpers:
        return Finding("start", "native module", "ok", "built for this Python")
    text = "not built for this Python: the session does not start without it"
    mend = f"{install('gcc', 'python3-dev')}; python3 spectrum_session/native/_build.py"
    return Finding("start", "native module", "problem", text, mend)


def _windows(facts: Facts) -> list[Finding]:
    return [_font(facts), _cursor(facts), _xkb(facts), _terminal(facts), _grim(facts)]


def _font(facts: Facts) -> Finding:
    looks = facts.looks
    if looks.font_error or not looks.font_found:
        text = looks.font_error or "no font installed: titles would have no text"
        packages = ("libpangocairo-1.0-0", "fonts-dejavu-core")
        return Finding("windows", "font", "problem", text, install(*packages))
    generic = looks.font.lower() in ("sans", "sans-serif", "serif", "mono", "monospace")
    if generic or looks.font_found.lower() == looks.font.lower():
        exact = looks.font_found == looks.font
        text = looks.font if exact else f"{looks.font}: {looks.font_found}"
        return Finding("windows", "font", "ok", text)
    text = f"the configured {looks.font!r} is not installed; {looks.font_found} is used instead"
    mend = "install it, or name another as `font` under [frame]: fc-list : family"
    return Finding("windows", "font", "warning", text, mend)


def _cursor(facts: Facts) -> Finding:
    looks = facts.looks
    if looks.cursor_path:
        text = f"{looks.cursor_theme} in {looks.cursor_path}"
        return Finding("windows", "cursor theme", "ok", text)
    text = f"{looks.cursor_theme!r} is not installed; the coarse built-in one is used"
    return Finding("windows", "cursor theme", "warning", text, install("dmz-cursor-theme"))


def _xkb(facts: Facts) -> Finding:
    looks = facts.looks
    if not looks.xkb:
        text = "no xkb data: keyboards would not work"
        return Finding("windows", "keymaps", "problem", text, install("xkb-data"))
    if looks.layouts_missing:
        text = f"{looks.xkb} has no layout {', '.join(looks.layouts_missing)}"
        mend = f"name another as `layout` under [keyboard]: ls {looks.xkb}/symbols"
        return Finding("windows", "keymaps", "problem", text, mend)
    text = f"{looks.xkb}, layout {','.join(looks.layouts) or 'us'}"
    return Finding("windows", "keymaps", "ok", text)


def _terminal(facts: Facts) -> Finding:
    terminal = facts.configuration.terminal
    if terminal in facts.programs:
        return Finding("windows", "terminal", "ok", terminal)
    text = f"{terminal} is not on PATH: Super+Return would do nothing"
    mend = install("foot") if terminal == "foot" else "name another as `terminal` under [session]"
    return Finding("windows", "terminal", "problem", text, mend)


def _grim(facts: Facts) -> Finding:
    if "grim" in facts.programs:
        return Finding("windows", "grim", "ok", "takes screenshots")
    text = "not on PATH; scripts may need it, `spectrumctl screenshot` does not"
    return Finding("windows", "grim", "warning", text, install("grim"))


def _size(size: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size} {unit}"
        size //= 1024
    return f"{size} GiB"
