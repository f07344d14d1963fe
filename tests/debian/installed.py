"""Start the session that the Debian package installed, as an ordinary user, and talk to it."""

from __future__ import annotations

import json
import os
import pathlib
import re
import select
import signal
import subprocess
import tempfile
from typing import Any

USER = 1000
DEADLINE_S = 60.0
"""How long anything may take before this fails; far more than it ever needs."""

FILES = """
bin/spectrum-session bin/spectrumctl share/man/man1/spectrum-session.1.gz
share/man/man1/spectrumctl.1.gz share/man/man5/spectrum-session.toml.5.gz
share/wayland-sessions/spectrum-session.desktop lib/systemd/user/spectrum-session.service
share/spectrum-session/s6-rc/spectrum-session/run share/zsh/vendor-completions/_spectrumctl
share/bash-completion/completions/spectrumctl share/fish/vendor_completions.d/spectrumctl.fish
share/doc/spectrum-session/copyright
"""


def run(*argv: str, **options: Any) -> str:
    """What a program of the package says; fails when it fails."""
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=DEADLINE_S, check=False, **options
    )
    assert done.returncode == 0, f"{argv}: {done.returncode}\n{done.stdout}{done.stderr}"
    return str(done.stdout)


def main() -> None:
    """Raises AssertionError that says what is not as it should be."""
    listed = run("dpkg", "-L", "spectrum-session").split()
    missing = [name for name in FILES.split() if f"/usr/{name}" not in listed]
    assert not missing, missing
    with tempfile.TemporaryDirectory(prefix="spectrum-") as home:
        runtime = pathlib.Path(home, "run")
        runtime.mkdir(mode=0o700)
        for path in (home, runtime):
            os.chown(path, USER, USER)
        environment = dict(os.environ, HOME=home, XDG_RUNTIME_DIR=str(runtime))
        person: dict[str, Any] = {"user": USER, "group": USER, "extra_groups": []}
        person["env"] = environment
        version = run("spectrum-session", "--version", **person)
        assert re.search(r"^wlroots 0\.\d+\.\d+ \(system\)$", version, re.MULTILINE), version
        assert "\nrenderer pixman\n" in version, version
        assert "valid" in run("spectrum-session", "--check-config", **person)
        read, write = os.pipe()
        argv = ["spectrum-session", "--backend", "headless", "--ready-fd", str(write)]
        session = subprocess.Popen(argv, pass_fds=[write], cwd="/", **person)
        os.close(write)
        try:
            readable, _, _ = select.select([read], [], [], DEADLINE_S)
            assert readable and os.read(read, 1) == b"\n", "the session does not start"
            control = next(runtime.glob("spectrum-session/*/control"))
            environment["SPECTRUM_SESSION_SOCKET"] = str(control)
            told = json.loads(run("spectrumctl", "--json", "version", **person))
            assert told["pid"] == session.pid, told
            assert json.loads(run("spectrumctl", "--json", "windows", **person)) == []
            outputs = json.loads(run("spectrumctl", "--json", "outputs", **person))
            assert [output["name"] for output in outputs] == ["HEADLESS-1"], outputs
        finally:
            session.send_signal(signal.SIGTERM)
            code = session.wait(DEADLINE_S)
        assert code == 0, code
        left = list(runtime.iterdir())
        assert not left, left
    print(version.strip())
    print("installed: the session starts, answers and ends")


main()
