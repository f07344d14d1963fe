"""Names of data formats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.gate.rules.mime import MAX_NAME, is_name

SEEN = """
text/plain
text/plain;charset=utf-8
text/plain; charset=utf-8
text/plain;charset=UTF-8
TEXT
STRING
UTF8_STRING
COMPOUND_TEXT
TARGETS
SAVE_TARGETS
TIMESTAMP
MULTIPLE
GTK_TEXT_BUFFER_CONTENTS
application/x-gtk-text-buffer-rich-text
text/_moz_htmlcontext
text/_moz_htmlinfo
text/x-moz-url-priv
application/x-moz-nativeimage
chromium/x-web-custom-data
chromium/x-internal-source-rfh-token
chromium/x-source-url
org.chromium.web-custom-data
text/uri-list
x-special/gnome-copied-files
application/vnd.portal.filetransfer
application/vnd.portal.files
application/x-kde4-urilist
application/x-kde-cutselection
x-kde-passwordManagerHint
application/x-qt-image
application/x-qt-windows-mime;value="Shell IDList Array"
image/svg+xml
image/x-MS-bmp
application/x-openoffice-link;windows_formatname="Link"
application/x-openoffice-embed-source-xml;windows_formatname="Star Embed Source (XML)"
application/x-libreoffice-tsvc
application/vnd.oasis.opendocument.text-flat-xml
WPS Drawing Shape Format
HTML Format
Star Embed Source (XML)
JAVA_DATAFLAVOR:application/x-java-jvm-local-objectref; class=java.lang.String
DELETE
XdndDirectSave0
_NETSCAPE_URL
7z
application/x.example
"""
OFFICE = (
    'application/x-openoffice-objectdescriptor-xml;windows_formatname="Star Object Descriptor '
    '(XML)";classname="8BC6B165-B1B2-4EDD-aa47-dae2ee689dd6";typename="LibreOffice 7.4 Text '
    'Document";viewaspect="1";width="16999";height="2995";posx="0";posy="0"'
)


@pytest.mark.parametrize("name", [*SEEN.strip().splitlines(), OFFICE])
def test_what_programs_offer(name: str) -> None:
    assert is_name(name.encode())


@pytest.mark.parametrize(
    "name",
    [
        b"",
        b" ",
        b"/",
        b"text/",
        b"/plain",
        b"text/plain\n",
        b"text/pl\nain",
        b"text/plain;a=\x1b[31m",
        b"text/plain;a=\x7f",
        "text/plän".encode(),
        "text/plain;title=ä".encode(),
        b"a b/c",
        b"../../etc/passwd",
        b"text/plain/x",
        b"<b>bold</b>",
        b'text/plain;a="',
        b"two  spaces",
        b"x" * (MAX_NAME + 1),
        b"text/" + b"x" * (MAX_NAME - 4),
    ],
)
def test_what_is_no_name(name: bytes) -> None:
    assert not is_name(name)


def test_the_longest() -> None:
    assert is_name(b"text/" + b"x" * (MAX_NAME - 5))


TOKEN = st.text("abcXYZ019!#$&-^_.+", min_size=1, max_size=12)
VALUE = st.one_of(
    TOKEN, st.text(" !#()/:abc;=", max_size=12).map(lambda text: f'"{text}"')
)


@given(TOKEN, TOKEN, st.lists(st.tuples(TOKEN, VALUE), max_size=5), st.sampled_from([";", "; "]))
def test_the_syntax_of_rfc_2045(
    kind: str, subtype: str, parameters: list[tuple[str, str]], separator: str
) -> None:
    name = f"{kind}/{subtype}" + "".join(
        f"{separator}{key}={value}" for key, value in parameters
    )
    assert is_name(name.encode()) is (len(name) <= MAX_NAME)


@given(st.binary(max_size=MAX_NAME + 10))
def test_a_name_is_printable_ascii(name: bytes) -> None:
    if is_name(name):
        assert 0 < len(name) <= MAX_NAME
        assert all(0x20 <= byte < 0x7F for byte in name)


@pytest.mark.parametrize(
    "name",
    [
        b"a/b" + b";" * (MAX_NAME - 4) + b"\n",
        b"a/b" + b';""' * ((MAX_NAME - 4) // 3) + b"\n",
        b"a/b" + b"; a=b" * ((MAX_NAME - 4) // 5) + b"\n",
        b"a" * (MAX_NAME - 1) + b"\n",
        b"a b " * (MAX_NAME // 4 - 1) + b"\n",
        b"a/" + b"b" * (MAX_NAME - 3) + b"\n",
    ],
)
def test_no_name_takes_long(name: bytes) -> None:
    """Were two parts of the syntax to take the same byte, this would not end in a lifetime."""
    assert not is_name(name)
