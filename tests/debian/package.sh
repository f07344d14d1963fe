#!/bin/sh
# Inside a Debian root, in a copy of the project: build the Debian package, look at it, and put it
# into the directory that is named.
set -eu
dpkg-buildpackage -us -uc -b
lintian --fail-on error,warning --profile debian ../spectrum-session_*.changes
cp ../spectrum-session_*.deb "$1"
