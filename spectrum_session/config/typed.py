"""Checks each value of a file against the schema, so that all errors are reported at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from spectrum_session.shell.suggest import nearest

from . import schema
from .errors import KeyPath, show_value
from .limits import NAMES, Limit, limit_of

Report = Callable[[KeyPath, str, str], None]
"""Called with the place, the value found and the allowed values."""

_WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a string",
    list[str]: "an array of strings",
    list[list[str]]: "an array of arrays of strings",
}


def check_types(data: dict[str, Any], struct: type[schema.Struct], report: Report) -> None:
    """Report unknown keys of `data`, and values of the wrong type or out of range.

    Missing keys are not an error here, since another file may have them; except in tables that are
    one value (`whole`), such as bindings.
    """
    _check_struct(data, struct, (), report)


def whole(struct: type[schema.Struct]) -> bool:
    """Whether a later file replaces a table of this kind instead of merging with it.

    It replaces a binding: `{ action = "exit" }` over `{ action = "layout next", repeat = true }`
    must not repeat.
    """
    return struct in (schema.Binding, schema.App)


@cache
def keys_of(struct: type[schema.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    """The keys that a table may hold, as the user writes them."""
    return {
        field.encode_name: field
        for field in msgspec.structs.fields(struct)
        # VMs have files of their own.
        if not (struct is schema.Config and field.name in ("vms", "ignored"))
    }


def _check_struct(value: Any, struct: type[schema.Struct], path: KeyPath, report: Report) -> None:
    if not isinstance(value, dict):
        report(path, show_value(value), "a table with " + ", ".join(keys_of(struct)))
        return
    fields = keys_of(struct)
    for key, item in value.items():
        field = fields.get(key)
        if field is None:
            report((*path, key), "an unknown key", _known(key, struct, fields))
        else:
            limit = limit_of(struct, field.name)
            names = NAMES.get(struct, {}).get(field.name)
            _check(item, field.type, (*path, key), report, limit, names)
    if whole(struct):
        for key, field in fields.items():
            if field.required and key not in value:
                report(path, "a table without it", f'the key "{key}", which it must have')


def _check(
    value: Any,
    kind: Any,
    path: KeyPath,
    report: Report,
    limit: Limit | None = None,
    names: Limit | None = None,
) -> None:
    origin, arguments = get_origin(kind), get_args(kind)
    if _is_struct(kind):
        _check_struct(value, kind, path, report)
    elif origin is dict:
        _check_names(value, arguments[1], path, report, limit, names)
    elif origin is list and _is_struct(arguments[0]):
        if not isinstance(value, list):
            report(path, show_value(value), f"an array of tables, each headed [[{path[-1]}]]")
            return
        if limit is not None and not limit.test(value):
            report(path, "duplicates", limit.allowed)
        for index, item in enumerate(value):
            _check_struct(item, arguments[0], (*path, index), report)
    elif origin in (Union, UnionType) and any(_is_struct(argument) for argument in arguments):
        _check_either(value, arguments, path, report)
    else:
        _check_plain(value, kind, path, report, limit)


def _check_either(value: Any, kinds: tuple[Any, ...], path: KeyPath, report: Report) -> None:
    """Check a value that may be in a short form or a table."""
    (table,) = [kind for kind in kinds if _is_struct(kind)]
    (short,) = [kind for kind in kinds if not _is_struct(kind)]
    if isinstance(value, dict):
        _check_struct(value, table, path, report)
    else:
        allowed = f"{_in_words(short)}, or a table with " + ", ".join(keys_of(table))
        _check_plain(value, short, path, report, Limit(allowed, lambda value: True))


def _check_names(
    value: Any, kind: Any, path: KeyPath, report: Report, limit: Limit | None, names: Limit | None
) -> None:
    if not isinstance(value, dict):
        report(path, show_value(value), "a table")
        return
    for name, item in value.items():
        if names is not None and not names.test(name):
            report((*path, name), f"the name {show_value(name)}", names.allowed)
        _check(item, kind, (*path, name), report, limit)


def _check_plain(value: Any, kind: Any, path: KeyPath, report: Report, limit: Limit | None) -> None:
    try:
        converted = msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError:
        report(path, show_value(value), limit.allowed if limit is not None else _in_words(kind))
        return
    if limit is not None and not limit.test(converted):
        report(path, show_value(value), limit.allowed)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, schema.Struct)


def _in_words(kind: Any) -> str:
    if get_origin(kind) is Annotated:
        return str(get_args(kind)[1].description)
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(f'"{choice}"' for choice in get_args(kind))
    if get_origin(kind) in (Union, UnionType):
        # TOML has no null: to leave a key out is how one says None.
        return " or ".join(_in_words(k) for k in get_args(kind) if k is not type(None))
    return _WORDS[kind]


def _known(key: str, struct: type[schema.Struct], fields: Iterable[str]) -> str:
    if struct is schema.Config and key == "vms":
        return "a file vms/NAME.toml for each VM"
    near = nearest(key.replace("_", "-"), fields)
    if near is not None:
        others = [name for name in fields if name != near]
        return ", ".join([f"{near} (the nearest)", *others])
    return ", ".join(fields)
