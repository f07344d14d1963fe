"""Completions parse in their shells, and offer all that the programs take."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from spectrum_session.cli.ctl_parser import IMAGE_VERBS, VM_VERBS, main_parser
from spectrum_session.cli.session import BACKENDS, LEVELS
from spectrum_session.control.names import EVENTS, SWITCHES, WINDOW_ACTIONS
from spectrum_session.doctor.finding import PURPOSES
from spectrum_session.shell.names import LAYOUTS

from .test_manual import SESSION_OPTIONS, SUBCOMMANDS, options_of

HERE = Path(__file__).parents[3] / "data" / "completions"
CTL = {"bash": "spectrumctl.bash", "zsh": "_spectrumctl", "fish": "spectrumctl.fish"}
SESSION = {
    "bash": "spectrum-session.bash",
    "zsh": "_spectrum-session",
    "fish": "spectrum-session.fish",
}
CHECK = {"bash": ("bash", "-n"), "zsh": ("zsh", "-n"), "fish": ("fish", "--no-execute")}


def has_word(text: str, word: str) -> bool:
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", code) is not None


def has_option(shell: str, text: str, option: str) -> bool:
    return has_word(text, f"-l {option[2:]}" if shell == "fish" else option)


@pytest.mark.parametrize("shell", CTL)
def test_every_command_and_option_of_spectrumctl(shell: str) -> None:
    text = (HERE / CTL[shell]).read_text()
    for name, subcommand in SUBCOMMANDS.items():
        assert has_word(text, name), name
        for option in options_of(subcommand):
            assert has_option(shell, text, option), option
    for option in options_of(main_parser()):
        assert has_option(shell, text, option), option


@pytest.mark.parametrize("shell", CTL)
def test_every_word_of_spectrumctl(shell: str) -> None:
    text = (HERE / CTL[shell]).read_text()
    for words in (WINDOW_ACTIONS, LAYOUTS, EVENTS, SWITCHES, VM_VERBS, IMAGE_VERBS):
        assert re.search(r"\s+".join(words), text), words


@pytest.mark.parametrize("shell", SESSION)
@pytest.mark.parametrize("option", SESSION_OPTIONS)
def test_every_option_of_spectrum_session(shell: str, option: str) -> None:
    assert has_option(shell, (HERE / SESSION[shell]).read_text(), option)


@pytest.mark.parametrize("shell", SESSION)
def test_every_word_of_spectrum_session(shell: str) -> None:
    text = (HERE / SESSION[shell]).read_text()
    for words in (BACKENDS, LEVELS, PURPOSES):
        assert " ".join(words) in text


@pytest.mark.parametrize("shell", CHECK)
@pytest.mark.parametrize("program", [CTL, SESSION])
def test_the_shell_can_read_it(shell: str, program: dict[str, str]) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    check = subprocess.run(
        [*CHECK[shell], HERE / program[shell]], capture_output=True, text=True, timeout=30
    )
    assert (check.stderr, check.returncode) == ("", 0)


# A program in place of spectrumctl that answers as a session with these would.
_STAND_IN = """#!/bin/sh
case "$1" in --socket) shift 2 ;; esac
case "$1" in
windows) printf 'ID  VM\\n 3  work\\n12  (host)\\n' ;;
vms) printf 'NAME  LABEL\\nwork  blue\\nnet   red\\n' ;;
image) printf 'NAME  IMAGE\\ntrial there\\n' ;;
outputs) printf 'NAME  MODE\\nDP-1  off\\n' ;;
esac
"""

CASES = [
    ("spectrumctl sub", {"subscribe"}),
    ("spectrumctl --json windo", {"window", "windows"}),
    ("spectrumctl window ", {"3", "12"}),
    ("spectrumctl window 3 fu", {"fullscreen"}),
    ("spectrumctl window 3 maximise o", {"on", "off"}),
    ("spectrumctl window 3 workspace 1", {"1", "10"}),
    ("spectrumctl --socket /x vm st", {"start", "stop", "status"}),
    ("spectrumctl vm start n", {"net"}),
    ("spectrumctl vm r", {"run"}),
    ("spectrumctl vm list ", set()),
    ("spectrumctl image b", {"build"}),
    ("spectrumctl image build t", {"trial"}),
    ("spectrumctl image build --ag", {"--again"}),
    ("spectrumctl workspace 1", {"1", "10"}),
    ("spectrumctl layout mon", {"monocle"}),
    ("spectrumctl spawn --vm w", {"work"}),
    ("spectrumctl screenshot --output D", {"DP-1"}),
    ("spectrumctl screenshot --window 1", {"12"}),
    ("spectrumctl subscribe window foc", {"focus"}),
    ("spectrumctl --ver", {"--version"}),
    ("spectrum-session --back", {"--backend"}),
    ("spectrum-session --backend wa", {"wayland"}),
    ("spectrum-session --log-level err", {"error"}),
    ("spectrum-session doc", {"doctor"}),
    ("spectrum-session doctor --for v", {"vms"}),
    ("spectrum-session doctor --js", {"--json"}),
    ("spectrum-session doctor --back", set()),
]

_BASH = """
source {here}/spectrumctl.bash; source {here}/spectrum-session.bash
read -r -a COMP_WORDS <<< "$1"
[[ $1 == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
function=$(complete -p "${{COMP_WORDS[0]}}"); function=${{function#*-F }}
"${{function%% *}}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""

_FISH = """
source {here}/spectrumctl.fish; source {here}/spectrum-session.fish
complete -C $argv[1] | string replace -r '\\t.*' ''
"""


@pytest.mark.parametrize("shell", ["bash", "fish"])
@pytest.mark.parametrize(("line", "offered"), CASES)
def test_what_is_offered(shell: str, line: str, offered: set[str], tmp_path: Path) -> None:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    program = tmp_path / "spectrumctl"
    program.write_text(_STAND_IN)
    program.chmod(0o755)
    (tmp_path / "spectrum-session").symlink_to("/bin/true")
    script = (_BASH if shell == "bash" else _FISH).format(here=HERE)
    extra = ["--norc", "-c", script, "bash"] if shell == "bash" else ["--no-config", "-c", script]
    done = subprocess.run(
        [path, *extra, line],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=30,
        cwd=tmp_path,
    )
    assert done.stderr == ""
    assert set(done.stdout.split()) == offered
