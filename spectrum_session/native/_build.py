"""Builds `_native`: a few C functions that need no library but libc. cffi's API mode.

Run by setuptools (`cffi_modules`), or by hand to compile the module beside this file:
`python spectrum_session/native/_build.py`. Needs a C compiler and Python's headers.
"""

from __future__ import annotations

import os
import pathlib
import tempfile

from cffi import FFI  # type: ignore[import-untyped,unused-ignore]

HERE = pathlib.Path(__file__).resolve().parent

SOURCES = ("helpers.c", "containment.c", "seen.c")

ffibuilder = FFI()
ffibuilder.cdef(
    """
    int crash_install(int fd, const char *path);
    void crash_remove(void);
    void log_up_to(int importance);
    void *wlroots_log_address(void);
    void *wayland_log_address(void);
    extern "Python" void log_line(int importance, const char *line);

    struct contained {
        struct contained *previous, *next;
        void *node;
        int x, y, width, height;
        int outside;
    };
    void contain_setup(uintptr_t for_each, size_t dst_width, size_t buffer);
    void contain_add(struct contained *);
    void contain_remove(struct contained *);
    int contain_check(void);

    struct scene_fields {
        size_t type, enabled, x, y, data, link, children;
        size_t rect_width, rect_height, buffer_width, buffer_height;
    };
    void seen_setup(const struct scene_fields *, uintptr_t root, uintptr_t skipped);
    int seen_record(uint64_t keep);
    int seen_owners(int x, int y, uint64_t within, uintptr_t *owners, int room);
    void seen_forget(void);
    """
)
ffibuilder.set_source(
    "spectrum_session.native._native",
    "".join((HERE / name).read_text() for name in SOURCES),
    define_macros=[("_GNU_SOURCE", None)],
    libraries=["dl"],
)


def main() -> None:
    """Compile the module beside this file."""
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        built = pathlib.Path(ffibuilder.compile(tmpdir=work)).resolve()
        target = HERE / built.name
        # A new file in its place: a session that runs has the old one mapped.
        target.unlink(missing_ok=True)
        target.write_bytes(built.read_bytes())
        target.chmod(0o755)


if __name__ == "__main__":
    main()
