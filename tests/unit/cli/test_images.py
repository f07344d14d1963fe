"""`spectrumctl image`, without a session."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spectrum_session.cli.spectrumctl import main
from spectrum_session.images.recipe import Recipe, this_architecture
from spectrum_session.images.store import FILES, Store


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("SPECTRUM_SESSION_SOCKET", raising=False)
    vms = tmp_path / "config" / "vms"
    vms.mkdir(parents=True)
    (vms / "work.toml").write_text('driver = "qemu"\npackages = ["foot"]\n')
    (vms / "mail.toml").write_text('driver = "qemu"\n')
    (vms / "sandbox.toml").write_text('driver = "local"\n')
    (vms / "own.toml").write_text('driver = "qemu"\nkernel = "/boot/vmlinuz"\n')
    return tmp_path / "config"


def put(tmp_path: Path, name: str, *packages: str) -> None:
    recipe = Recipe(name, packages, architecture=this_architecture())
    with Store(tmp_path / "data/spectrum-session/images").building(recipe) as directory:
        for file in FILES:
            (directory / file).write_bytes(bytes(1_000_000))


def test_list(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, "work", "foot")
    put(tmp_path, "mail", "mutt")
    assert main(["image", "list", "--config", str(config)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["NAME", "IMAGE", "SIZE"],
        ["mail", "outdated", "-"],
        ["work", "there", "3", "MB"],
    ]
    assert main(["image", "list", "--json", "--config", str(config)]) == 0
    assert json.loads(capsys.readouterr().out)[1] == {
        "name": "work",
        "state": "there",
        "bytes": 3_000_000,
    }


def test_build_of_one_that_is_there(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, "work", "foot")
    assert main(["image", "build", "work", "--config", str(config)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("work: 3 MB in ")
    assert "up to date" in err


def test_build_of_all(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, "work", "foot")
    put(tmp_path, "mail")
    assert main(["image", "build", "--config", str(config)]) == 0
    out, err = capsys.readouterr()
    assert [line.split(":")[0] for line in out.splitlines()] == ["mail", "work"]
    assert [line.split(":")[0] for line in err.splitlines()] == ["mail", "work"]
    assert main(["image", "build", "--json", "--config", str(config)]) == 0
    assert [image["name"] for image in json.loads(capsys.readouterr().out)] == ["mail", "work"]


def test_build_of_all_when_there_are_none(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("work", "mail"):
        (config / "vms" / f"{name}.toml").unlink()
    assert main(["image", "build", "--config", str(config)]) == 1
    assert "no VM that needs an image" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["nope", "sandbox", "own"])
def test_build_of_what_is_no_machine(
    config: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["image", "build", name, "--config", str(config)]) == 1
    assert f"no VM '{name}' that needs an image" in capsys.readouterr().err


def test_build_that_fails(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mirror = f"file://{tmp_path}/nothing"
    assert main(["image", "build", "mail", "--mirror", mirror, "--config", str(config)]) == 1
    err = capsys.readouterr().err
    assert "fetching" in err and "mail: building the image failed: mmdebstrap" in err


def test_a_configuration_with_errors(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = config / "vms" / "work.toml"
    file.write_text('driver = "qemu"\nmemory-mb = 1\n')
    assert main(["image", "list", "--config", str(config)]) == 1
    err = capsys.readouterr().err
    assert f"{file}:2: memory-mb" in err and "256" in err


def test_what_spectrum_defines_or_runs_has_none(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run" / "user.theirs").mkdir(parents=True)
    (config / "session.toml").write_text(f'[spectrum]\nrun = "{tmp_path}/run"\n')
    assert main(["image", "list", "--config", str(config)]) == 0
    assert "theirs" not in capsys.readouterr().out
