#!/bin/sh
# Inside a Debian root, in a copy of the project: build it with what is installed and run the tests.
set -eu
scripts/build system
python3 -m spectrum_session --version
[ $# -gt 0 ] || set -- tests/unit tests/session
exec python3 -m pytest "$@"
