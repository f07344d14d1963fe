"""No test, script or build step reads anything that lies beside the checkout.

The sources are searched for the ways out of it: climbing from a file's own place further than the
checkout's root, `..` in a path, an absolute path into somebody's working directory, and symbolic
links. `.ci/run` shows the same by running everything in a clone that has nothing beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SEARCHED = (".ci", "Makefile", "bench", "debian", "scripts", "setup.py", "tests")

OWN_EXAMPLES = "tests/unit/test_inside_the_checkout.py"

MAY_CLIMB = {
    # dpkg-buildpackage writes beside the source, which is /src of a Debian root there.
    "tests/debian/package.sh",
}

OF_A_GUEST = "tests/login/guest/"
"""Files that run in a guest: their absolute paths are that guest's."""

_CLIMB = re.compile(
    r"__file__\)(?:\.resolve\(\)|\.absolute\(\))*((?:\.parents\[\d+\]|\.parent\b)+)"
)
_STEP = re.compile(r"\.parents\[(\d+)\]|\.parent\b")
_FROM_ROOT = re.compile(r"\b(?:ROOT|CHECKOUT|PROJECT|HERE)\.parent")
_DIRNAME = re.compile(r"""\$\(dirname "?\$(?:0|\{BASH_SOURCE[^}]*\})"?\)"?((?:/\.\.)+)""")
_SHELL_UP = re.compile(r"(?:^|[\s\"'=:(])(\.\.(?:/\S*)?)(?=$|[\s\"');])", re.MULTILINE)
_PYTHON_UP = re.compile(r"""/ f?["']\.\.["'/]""")
_ABSOLUTE = re.compile(
    r"""(?:^|[\s"'=(,:])(/(?:root|srv|media|work|workspace)/[\w.-]+)""", re.MULTILINE
)


def ways_out(name: str, text: str) -> list[str]:
    """The places in the file `name`, a path below the checkout, that lead out of it."""
    # How often one can go up from the file before the checkout's root is left.
    above = len(Path(name).parts)
    found = []
    for match in _CLIMB.finditer(text):
        ups = sum(int(step[1] or 0) + 1 for step in _STEP.finditer(match[1]))
        if ups > above:
            found.append(match[0])
    found += [match[0] for match in _FROM_ROOT.finditer(text)]
    if not name.startswith(OF_A_GUEST):
        found += [match[1] for match in _ABSOLUTE.finditer(text)]
    if name.endswith(".py"):
        found += [match[0] for match in _PYTHON_UP.finditer(text)]
    elif name not in MAY_CLIMB:
        for match in _DIRNAME.finditer(text):
            if match[1].count("..") > above - 1:
                found.append(match[0])
        found += [match[1] for match in _SHELL_UP.finditer(_DIRNAME.sub("", text))]
    return found


def files() -> Iterator[Path]:
    """All that is searched."""
    for top in (ROOT / name for name in SEARCHED):
        for path in [top] if not top.is_dir() else sorted(top.rglob("*")):
            if "__pycache__" not in path.parts:
                yield path


def test_nothing_leads_out_of_the_checkout() -> None:
    found = {}
    for path in files():
        name = str(path.relative_to(ROOT))
        if path.is_symlink():
            assert path.resolve().is_relative_to(ROOT), f"{name} is a link out of the checkout"
        if not path.is_file() or name == OWN_EXAMPLES:
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        if out := ways_out(name, text):
            found[name] = out
    assert found == {}


def test_the_sources_are_searched() -> None:
    names = {str(path.relative_to(ROOT)) for path in files()}
    assert {"Makefile", ".ci/run", "scripts/install", "tests/conftest.py"} <= names
    assert (ROOT / "pyproject.toml").is_file()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tests/unit/vm/x/a.py", 'Path(__file__).parents[5] / "beside" / "a.yaml"'),
        ("tests/unit/a.py", "Path(__file__).resolve().parents[3]"),
        ("tests/a.py", "Path(__file__).parent.parent.parent"),
        ("tests/a.py", "Path(__file__).parents[1].parent"),
        ("tests/a.py", 'ROOT.parent / "shared"'),
        ("tests/a.py", 'open(HERE / "../../../a")'),
        ("tests/a.py", 'open("/workspace/a")'),
        ("scripts/a", 'cat "$(dirname "$0")/../../beside/a"'),
        ("scripts/a", "cd .."),
        ("scripts/a", "cp ../beside/a ."),
        ("Makefile", "\tcp ../a b"),
        (".ci/run", "cat /root/a"),
    ],
)
def test_a_way_out_is_seen(name: str, text: str) -> None:
    assert ways_out(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tests/unit/vm/a.py", "Path(__file__).parents[3]"),
        ("tests/unit/a.py", "Path(__file__).resolve().parent.parent.parent"),
        ("tests/a.py", '"/run/s/vms/work/wayland-0"'),
        ("scripts/a", 'cd -P "$(dirname "$0")/.."'),
        ("scripts/a", "echo so far ... and on"),
    ],
)
def test_what_stays_inside_is_not_complained_of(name: str, text: str) -> None:
    assert ways_out(name, text) == []
