"""Names of data formats, as clients offer them: MIME types, and what X11 called them."""

from __future__ import annotations

import re

MAX_NAME = 256
"""Bytes. The longest that programs were seen to offer is LibreOffice's
`application/x-openoffice-objectdescriptor-xml` with nine parameters, some 230."""
MAX_NAMES = 64
"""Different ones of one source. An office suite offers up to 30."""

_TOKEN = rb"[A-Za-z0-9!#$%&'*+\-.^_`|~:]+"
_PARAMETER = rb';(?:[\x20\x21\x23-\x3a\x3c-\x7e]|"[\x20\x21\x23-\x7e]*")*'
# No two parts of either can take the same byte, so that matching takes time for each byte once.
_MIME = re.compile(_TOKEN + rb"/" + _TOKEN + rb" ?(?:" + _PARAMETER + rb")*")
_X11 = re.compile(rb"[A-Za-z0-9_][A-Za-z0-9_\-.()]*(?: [A-Za-z0-9_\-.()]+)*")
"""TARGETS, UTF8_STRING, COMPOUND_TEXT, SAVE_TARGETS, GTK_TEXT_BUFFER_CONTENTS …"""


def is_name(name: bytes) -> bool:
    """Can it be the name of a data format? RFC 2045's characters for type and
    subtype, parameters of printable ASCII, or words as they were used in X11."""
    return len(name) <= MAX_NAME and bool(_MIME.fullmatch(name) or _X11.fullmatch(name))
