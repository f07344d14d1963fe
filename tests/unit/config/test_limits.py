"""What values may be beyond their type, each at its edges."""

from __future__ import annotations

import pytest

from spectrum_session.config import limits, schema
from spectrum_session.config.typed import keys_of
from spectrum_session.labels.pattern import Pattern

from .conftest import ErrorsOf, Places

EDGES = [
    # key, allowed, not allowed
    ("session.terminal", ['["foot"]', '["a", ""]'], ["[]", '[""]', '["a\\u0000"]']),
    ("session.autostart", ["[]", '[["a"], ["b", "c"]]'], ["[[]]", '[["a"], [""]]']),
    ("session.exit-deadline-ms", ["0", "60000"], ["-1", "60001"]),
    ("session.events-max-delay-ms", ["0", "1000"], ["-1", "1001", "1.5"]),
    ("limits.toplevels", ["1", "10000"], ["0", "10001"]),
    ("limits.surfaces", ["1", "100000"], ["0", "100001"]),
    ("limits.buffers", ["1", "100000"], ["0", "100001"]),
    ("limits.shm-bytes", ["1048576", "1099511627776"], ["1048575", "1099511627777"]),
    ("limits.objects", ["100", "1000000"], ["99", "1000001"]),
    ("limits.fds", ["32", "65536"], ["31", "65537"]),
    ("limits.compositor-bytes", ["1048576", "1099511627776"], ["0", "1048575", "1099511627777"]),
    ("limits.buffer-bytes", ["0", "1048576", "1099511627776"], ["-1", "1", "1048575"]),
    ("limits.inhibitors", ["1", "10000"], ["0", "10001"]),
    ("limits.connections", ["1", "10000"], ["0", "10001"]),
    ("limits.messages-per-second", ["100", "10000000"], ["99", "10000001"]),
    ("limits.commits-per-second", ["10", "1000000"], ["9", "1000001"]),
    ("limits.queued-bytes", ["65536", "1073741824"], ["65535", "1073741825"]),
    ("keyboard.layout", ['""', '"us"', '"us,de,fr,il"'], ['"us,"', '"us, de"', '"a,b,c,d,e"']),
    ("keyboard.repeat-rate", ["0", "200"], ["-1", "201"]),
    ("keyboard.repeat-delay-ms", ["1", "10000"], ["0", "10001"]),
    ("pointer.size", ["8", "256"], ["7", "257"]),
    ("pointer.acceleration", ["-1", "1.0"], ["-1.01", "1.01", "nan", "inf"]),
    ("outputs.DP-1.mode", ['""', '"800x600"', '"10x10@59.94"'], ['"800"', '"00x10"', '"800x600@"']),
    ("outputs.DP-1.scale", ["0.5", "4"], ["0.49", "4.01", "nan", "0"]),
    ("outputs.DP-1.position", ["[-32768, 32767]"], ["[-32769, 0]", "[0, 32768]", "[0]"]),
    ("frame.border", ["1", "32"], ["0", "33"]),
    ("frame.title-height", ["16", "100"], ["15", "101"]),
    ("frame.font", ['"sans"'], ['""', '" "']),
    ("frame.font-size", ["6", "32.0"], ["5.9", "32.1"]),
    ("frame.popup-border", ["1", "32"], ["0", "33"]),
    ("layout.gap", ["0", "200"], ["-1", "201"]),
    ("layout.outer-gap", ["0", "200"], ["-1", "201"]),
    ("layout.master-ratio", ["0.1", "0.9"], ["0.09", "0.91", "1"]),
    ("layout.background", ['"#012345"', '"black"'], ['""', '"#01234"', '"sky"', '"#01234g"']),
    ("layout.workspaces", ['{1 = "columns", 10 = "monocle"}', "{}"], []),
    ("focus.guard-ms", ["0", "5000"], ["-1", "5001"]),
    ("labels.work.color", ['"red"', '"#abcdef"'], ['"RED"', '""', '"rouge"']),
    ("spectrum.definitions", ['""', '"/ext/svc/data"'], ['"ext"', '"/a,b"', '"/a\\u0007"', "1"]),
    ("spectrum.run", ['""', '"/run/vm"'], ['"run"', '"/a,b"', "[]"]),
    ("environment.A_1", ['""', '"b"'], ['"\\u0000"']),
]

NAMES = [
    ("layout.workspaces.{} = 'columns'", ["1", "10"], ["0", "11", "01", '""', "a"]),
    ("outputs.{}.scale = 1", ["DP-1", '"*"'], ['""', '"a b"', '"a\\u0007"']),
    ("labels.{}.color = 'red'", ["work", '"A.b_c-1"', "a" * 32], ['""', '"-a"', "a" * 33, '"a b"']),
    ("modes.{}.bindings = {{}}", ["resize", "a" * 63], ["default", '""', "a" * 64, '"a b"']),
    (
        "environment.{} = ''",
        ["A", "_b2"],
        ["2a", '""', '"a=b"', "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "SPECTRUM_SESSION_SOCKET"],
    ),
]


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, allowed, _ in EDGES for value in allowed]
)
def test_allowed(places: Places, key: str, value: str) -> None:
    places.write("given/session.toml", f"{key} = {value}")
    places.load("given")


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, _, refused in EDGES for value in refused]
)
def test_not_allowed(errors_of: ErrorsOf, key: str, value: str) -> None:
    (error,) = errors_of(f"\n{key} = {value}")
    assert (error.line, error.key) == (2, key)


@pytest.mark.parametrize(
    ("text", "name"), [(text, name) for text, allowed, _ in NAMES for name in allowed]
)
def test_names_allowed(places: Places, text: str, name: str) -> None:
    places.write("given/session.toml", text.format(name))
    places.load("given")


@pytest.mark.parametrize(
    ("text", "name"), [(text, name) for text, _, refused in NAMES for name in refused]
)
def test_names_not_allowed(errors_of: ErrorsOf, text: str, name: str) -> None:
    (error,) = errors_of(text.format(name))
    assert error.found.startswith("the name ")


@pytest.mark.parametrize("key", ["workspace", "width", "height"])
def test_rules(places: Places, errors_of: ErrorsOf, key: str) -> None:
    high = 10 if key == "workspace" else 32767
    rule = f"[[rules]]\nvm = ''\n{key} = "
    places.write("given/session.toml", f"{rule}1\n{rule}{high}")
    assert len(places.load("given").rules) == 2
    errors = errors_of(f"{rule}0\n{rule}{high + 1}")
    assert [error.key for error in errors] == [f"rules[0].{key}", f"rules[1].{key}"]


PATHS = ['"a"', '"-a"', '"../a b"', '"/a/é"', f'"{"a" * 4095}"']
BAD_PATHS = ['"a,b"', '"a\\u0000"', '"a\\nb"', '"a\\u007f"', '"a\\u0085"', '"a\\u2028b"', "1"]
BAD_PATHS += [f'"{"a" * 4096}"']
FITTING = {
    "kernel": "driver = 'qemu'",
    "initramfs": "driver = 'qemu'\nkernel = 'k'",
    "disks": "driver = 'qemu'\nkernel = 'k'",
    "kernel-command-line": "driver = 'qemu'\nkernel = 'k'",
    "api-socket": "driver = 'cloud-hypervisor'",
    "transport": "driver = 'cloud-hypervisor'",
}
"""What a key needs beside it."""


@pytest.mark.parametrize(
    ("key", "allowed", "refused"),
    [
        ("driver", ['"local"', '"qemu"', '"cloud-hypervisor"'], ['"xen"', '""']),
        ("transport", ['"auto"', '"vsock"', '"cross-domain"'], ['"virtio-gpu"', '""', "1"]),
        ("net", ['""'], ['"../b"', '"-b"', '"B"', '"a:b"', '"a b"', "false"]),
        ("uplink", ["false"], ['"yes"']),
        ("host-loopback", ["false"], ["1"]),
        ("kernel", ['""', *PATHS], BAD_PATHS),
        ("initramfs", ['""', *PATHS], BAD_PATHS),
        ("disks", ["[]", *(f"[{path}]" for path in PATHS)], [f"[{path}]" for path in BAD_PATHS]),
        ("disks", ['["a", "b"]'], ['["a", "a"]', '[""]', '"a"']),
        (
            "kernel-command-line",
            ['""', '"console=ttyS0 a=b,c"', f'"{"a" * 2047}"'],
            [f'"{"a" * 2048}"', '"a\\nb"', '"a\\u0000"', '"a\\tb"', '"é"'],
        ),
        ("api-socket", ['""', f'"{"a" * 107}"', *PATHS[:-1]], [f'"{"a" * 108}"', *BAD_PATHS]),
        ("memory-mb", ["256", "1048576"], ["255", "1048577", "1.5"]),
        ("vcpus", ["1", "64"], ["0", "65"]),
        ("packages", ["[]", '["foot", "g++", "a.b-1"]'], ['["A"]', '["-o=x"]', '["a b"]', '[""]']),
        ("command", ["[]", '["a"]'], ['[""]']),
        ("terminal", ['["a"]'], ["[]", '[""]']),
        ("events-max-delay-ms", ["0", "1000"], ["-1", "1001"]),
        ("limits.fds", ["32"], ["31"]),
        ("permissions.dmabuf", ["true"], ["1"]),
    ],
)
def test_vms(places: Places, key: str, allowed: list[str], refused: list[str]) -> None:
    beside = FITTING.get(key, "")
    for value in allowed:
        places.write("given/vms/a.toml", f"{beside}\n{key} = {value}")
        places.load("given")
    for value in refused:
        places.write("given/vms/a.toml", f"{beside}\n{key} = {value}")
        assert [error.key for error in places.errors("given")] == [key]


@pytest.mark.parametrize(
    ("app", "key"),
    [
        ("name = 'A'\ncommand = ['a']\nicon = 'org.gnome.Foo-1'", ""),
        ("name = 'A b'\ncommand = ['a', '']", ""),
        ("name = ''\ncommand = ['a']", "apps[0].name"),
        (f"name = '{'a' * 65}'\ncommand = ['a']", "apps[0].name"),
        ("name = \"a\\u001b\"\ncommand = ['a']", "apps[0].name"),
        ("name = 'A'\ncommand = []", "apps[0].command"),
        ("name = 'A'\ncommand = ['a']\nicon = '../a'", "apps[0].icon"),
        ("name = 'A'\ncommand = ['a']\n[[apps]]\nname = 'A'\ncommand = ['b']", "apps"),
        ("name = 'A'", "apps[0]"),
    ],
)
def test_apps(places: Places, app: str, key: str) -> None:
    file = places.write("given/vms/a.toml", f"driver = 'qemu'\n[[apps]]\n{app}\n")
    if not key:
        assert len(places.load("given").vms["a"].apps) == 1
        return
    (error,) = places.errors("given")
    assert (error.file, error.key) == (file, key)
    assert error.line >= 2


@pytest.mark.parametrize("pattern", list(Pattern))
def test_every_pattern_of_the_labels_is_allowed(places: Places, pattern: Pattern) -> None:
    text = f"[labels.a]\ncolor = 'red'\npattern = '{pattern.value}'"
    places.write("given/session.toml", text)
    assert places.load("given").labels["a"].pattern == pattern.value


def test_another_pattern_is_not(errors_of: ErrorsOf) -> None:
    (error,) = errors_of("[labels.a]\ncolor = 'red'\npattern = 'stripes'")
    assert (error.line, error.key) == (3, "labels.a.pattern")
    assert '"solid", "dots"' in error.allowed


def test_every_limit_is_of_a_key_that_there_is_and_tried_here() -> None:
    tried = {key.split(".")[-1] for key, *_ in EDGES} | {"workspace", "width", "height"}
    tried |= {"command", "terminal", "environment", "pattern"}
    tried |= {"memory-mb", "vcpus", "packages", "apps", "name", "icon", "net", *FITTING}
    for struct, fields in limits.VALUES.items():
        keys = {field.name: key for key, field in keys_of(struct).items()}
        for name in fields:
            assert keys[name] in tried, f"{struct.__name__}.{name}"
    for struct in schema.Struct.__subclasses__():
        for key, field in keys_of(struct).items():
            if "Meta(" in str(field.type):
                assert key in tried, f"{struct.__name__}.{key}"
    for struct, fields in limits.NAMES.items():
        assert set(fields) <= {field.name for field in keys_of(struct).values()}


def test_every_number_has_limits() -> None:
    for struct in schema.Struct.__subclasses__():
        for field in keys_of(struct).values():
            if field.type in (int, float, int | None, float | None):
                assert limits.limit_of(struct, field.name), f"{struct.__name__}.{field.name}"
