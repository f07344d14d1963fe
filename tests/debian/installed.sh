#!/bin/sh
# Inside a root of Debian with nothing but apt: install the package beside this file, and start it.
set -eu
here=$(dirname "$0")
apt-get -q update
# Its dependencies alone, as is promised; not what it recommends.
apt-get -q -y --no-install-recommends install "$here"/spectrum-session_*.deb
exec python3 "$here/installed.py"
