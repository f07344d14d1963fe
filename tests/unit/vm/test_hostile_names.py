"""A name, a path, a title: never an option, never a path outside its directory, never markup."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spectrum_session.config import files
from spectrum_session.config.errors import ConfigErrors
from spectrum_session.config.limits import is_command_line, is_file_path
from spectrum_session.config.load import load
from spectrum_session.config.schema import VM
from spectrum_session.config.vm_name import is_vm_name
from spectrum_session.images.store import Store
from spectrum_session.labels.pango import Font, Text
from spectrum_session.vm.definition import Bootable, resolve
from spectrum_session.vm.drivers.qemu import command, driver
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.names import check_name
from spectrum_session.vm.processes import sandbox

HOSTILE = st.one_of(
    st.text(max_size=20),
    st.text("-./:,=<>&%$ab01\n\0 ", max_size=20),
    st.sampled_from(
        ["", ".", "..", "--bind", "-v", "../x", "/etc/passwd", "<b>a</b>", "&lt;", "ё"]
    ),
)
FONT = Font.at("sans-serif", 10.5, 1.0)


@pytest.fixture(scope="module", autouse=True)
def no_defaults(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The shipped keys have no part in this."""
    empty = tmp_path_factory.mktemp("defaults")
    (empty / "session.toml").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "defaults_directory", lambda: empty)
        yield


@given(HOSTILE)
@example("a" * 63)
@example("a" * 64)
def test_the_configuration_and_the_machines_mean_the_same_by_a_name(name: str) -> None:
    try:
        check_name(name)
    except VMError:
        assert not is_vm_name(name)
    else:
        assert is_vm_name(name)


def line_of(name: str, boot: Bootable) -> list[str]:
    """QEMU's command line."""
    machine = command.Machine(
        name, boot, kvm=False, console=5, monitor=6, architecture="x86_64"
    )
    return command.command_line(machine)


@given(st.from_regex(r"[a-z0-9][a-z0-9._-]{0,62}", fullmatch=True))
def test_what_is_a_name_is_no_option_no_path_and_no_part_of_one(name: str) -> None:
    assert check_name(name) == name
    assert not name.startswith("-") and name not in (".", "..")
    assert not {*name} & {*"/:,=<>&%$*?[]\\ '\"\n\0"}
    line = line_of(name, BOOT)
    assert [word for word in line if name in word and word.startswith(f"guest={name},")]


BOOT = Bootable(Path("/k"), Path("/i"), (Path("/a"), Path("/b")), "quiet", 256, 1, image=False)


@settings(max_examples=60)
@given(HOSTILE.filter(lambda name: "/" not in name))
def test_a_name_of_a_file_is_a_vm_of_that_name_or_an_error_of_that_file(name: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        vms = Path(directory, "vms")
        vms.mkdir()
        file = vms / f"{name}.toml"
        try:
            file.write_text("")
        except (OSError, ValueError):
            return  # no file can be called so
        try:
            config = load(Path(directory), {})
        except ConfigErrors as errors:
            assert not is_vm_name(name)
            assert {error.file for error in errors.errors} == {file}
        else:
            # Names with a dot first are editors' files.
            assert list(config.vms) == ([] if file.name.startswith(".") else [name])


@given(HOSTILE)
@example("a,readonly=off")
@example("a\x85b")
@example("a\u2028b")
@example("a\u202eb")
@example("\udcff")
def test_what_is_a_path_has_no_comma_and_is_one_line(text: str) -> None:
    if is_file_path(text):
        assert text.encode() and "," not in text and text.splitlines() == [text]
    else:
        assert not text or "," in text or not text.isprintable()


@given(HOSTILE)
def test_a_kernel_is_told_one_word_of_qemus_line(text: str) -> None:
    if not is_command_line(text):
        return
    boot = Bootable(Path("/k"), None, (), text, 256, 1, image=False)
    line = line_of("a", boot)
    assert line[line.index("-append") + 1] == text
    plain = Bootable(Path("/k"), None, (), "", 256, 1, image=False)
    assert len(line) == len(line_of("a", plain))


@settings(max_examples=40)
@given(HOSTILE.filter(is_file_path), HOSTILE.filter(is_file_path))
def test_a_path_of_a_file_stays_one_word_and_begins_with_a_slash(kernel: str, disk: str) -> None:
    """Whatever is written, what sandboxes are told is absolute: it cannot be an option."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "vms").mkdir()
        quoted = [text.replace("\\", "\\\\").replace('"', '\\"') for text in (kernel, disk)]
        (directory / "vms" / "a.toml").write_text(
            f'driver = "qemu"\nkernel = "{quoted[0]}"\ndisks = ["{quoted[1]}"]', encoding="utf-8"
        )
        vm = load(directory, {}).vms["a"]
        assert vm.kernel == os.path.join(directory, "vms", kernel)
        boot = Bootable(Path(vm.kernel), None, (Path(vm.disks[0]),), "", 256, 1, image=False)
        binds = driver.machine_binds(boot, directory / "m", directory / "t", kvm=False)
        argv = sandbox.build(
            sandbox.Tools("bwrap"),
            name="a",
            socket=None,
            argv=["true"],
            host_environment={},
            open_report=lambda: 3,
            open_file=lambda content: 4,
            binds=binds,
        )
        for index, word in enumerate(argv):
            if word in (command.KERNEL, f"{command.DISK}0"):
                assert argv[index - 2] == "--ro-bind" and argv[index - 1].startswith("/")


def test_a_missing_file_is_named_on_one_line(tmp_path: Path) -> None:
    vm = VM(driver="qemu", kernel=f"{tmp_path}/<b>--x</b>")
    with pytest.raises(VMError) as caught:
        resolve("a", vm, Store(tmp_path), as_nobody=False)
    assert str(caught.value) == f"its kernel: {tmp_path}/<b>--x</b>: No such file or directory"


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20))
@example("<span size='40000'>a</span>")
@example("&amp;")
def test_nothing_that_is_drawn_is_markup(text: str) -> None:
    """Letters are drawn as they are written: a text in tags is longer by the tags."""
    wrapped = Text(f"<b>{text}</b>", FONT)
    assert wrapped.width >= Text(text, FONT).width + 0.9 * Text("<b></b>", FONT).width
    assert wrapped.height == Text("x", FONT).height
