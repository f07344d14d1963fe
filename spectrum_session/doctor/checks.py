"""From facts to findings: what is fine, what is worth a warning, what is missing. Pure."""

from __future__ import annotations

from .checks_login import login
from .checks_vms import vms
from .facts import Facts
from .finding import Finding, Level, Purpose, install

LOW_SPACE = 64 << 20
"""Bytes: some times what our own logs and ten reports take."""
NO_SPACE = 4 << 20
"""Bytes: less than one log file and one report."""


def examine(facts: Facts) -> list[Finding]:
    """All findings, in the order in which they are shown."""
    return [*_start(facts), *login(facts), *_windows(facts), *vms(facts)]


def failed(findings: list[Finding], purposes: set[Purpose]) -> bool:
    """Is something missing that one of the purposes needs?"""
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
        lines = software.wlroots_error.splitlines() or ["it does not load, and does not say why"]
        mend = f"{install('libwlroots-0.18-dev')} (Debian 13), or use the wheel: make run"
        return Finding("start", "wlroots", "problem", lines[0], mend)
    text = f"{software.wlroots} on Python {software.python}"
    return Finding("start", "wlroots", "ok", text)


def _libwayland(facts: Facts) -> Finding:
    found = facts.software.libwaylands
    if not facts.software.wlroots:
        return Finding("start", "libwayland", "warning", "not looked at: wlroots does not load")
    if len(found) == 1:
        return Finding("start", "libwayland", "ok", "one, as it must be")
    text = f"{len(found)} in one process, which abort at the first client: {', '.join(found)}"
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
    person = facts.person
    if not person.runtime_error:
        return Finding("start", "XDG_RUNTIME_DIR", "ok", person.runtime)
    mend = f"install -d -m 700 -o {person.name} /run/user/{person.uid}; "
    mend += f"export XDG_RUNTIME_DIR=/run/user/{person.uid}; or log in by PAM: "
    mend += install("libpam-systemd")
    text = person.runtime_error.removeprefix("XDG_RUNTIME_DIR: ")
    return Finding("start", "XDG_RUNTIME_DIR", "problem", text, mend)


def _space(facts: Facts) -> Finding:
    space = facts.space
    if not space.writable:
        text = f"{space.path} cannot be written: no log file, no crash reports"
        return Finding("start", "logs", "warning", text, f"chown {facts.person.name} {space.path}")
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
        text = looks.font_error or "there is no font at all: titles would have no letters"
        packages = ("libpangocairo-1.0-0", "fonts-dejavu-core")
        return Finding("windows", "font", "problem", text, install(*packages))
    generic = looks.font.lower() in ("sans", "sans-serif", "serif", "mono", "monospace")
    if generic or looks.font_found.lower() == looks.font.lower():
        exact = looks.font_found == looks.font
        text = looks.font if exact else f"{looks.font}: {looks.font_found}"
        return Finding("windows", "font", "ok", text)
    text = f"{looks.font!r} of the configuration is not installed; {looks.font_found} stands in"
    mend = "install it, or name another as `font` under [frame]: fc-list : family"
    return Finding("windows", "font", "warning", text, mend)


def _cursor(facts: Facts) -> Finding:
    looks = facts.looks
    if looks.cursor_path:
        text = f"{looks.cursor_theme} in {looks.cursor_path}"
        return Finding("windows", "cursor theme", "ok", text)
    text = f"{looks.cursor_theme!r} is not installed; a coarse built-in one stands in"
    return Finding("windows", "cursor theme", "warning", text, install("dmz-cursor-theme"))


def _xkb(facts: Facts) -> Finding:
    looks = facts.looks
    if not looks.xkb:
        text = "no keymaps: keyboards would type nothing"
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
    text = f"{terminal} is not on PATH: Super+Return would open nothing"
    mend = install("foot") if terminal == "foot" else "name another as `terminal` under [session]"
    return Finding("windows", "terminal", "problem", text, mend)


def _grim(facts: Facts) -> Finding:
    if "grim" in facts.programs:
        return Finding("windows", "grim", "ok", "takes pictures of the screen")
    text = "not on PATH; `spectrumctl screenshot` needs none, scripts may"
    return Finding("windows", "grim", "warning", text, install("grim"))


def _size(size: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size} {unit}"
        size //= 1024
    return f"{size} GiB"
