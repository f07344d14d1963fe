#!/bin/bash
# Inside a root of Debian with apt, make and nothing else, in a copy of the project: what the README
# says, `make run`, with Debian's mirror in reach and PyPI not. The session starts headless, answers
# spectrumctl, and grim takes a picture of its screen.
set -euo pipefail
export PIP_INDEX_URL=http://127.0.0.1:9/ PIP_RETRIES=0 XDG_RUNTIME_DIR=/tmp/runtime
DEADLINE_S=600

fail() {
    echo "tests/debian/bare.sh: $*" >&2
    exit 1
}

for program in python3 gcc sudo; do
    ! command -v $program || fail "$program is in the root already: it is not bare"
done

# An ordinary user who cannot be root is told all of it, in one line, and apt takes that line.
told=$(setpriv --reuid 1000 --regid 1000 --clear-groups env HOME=/tmp make run 2>&1) &&
    fail "make run as a user did not say that packages are missing"
mapfile -t lines < <(sed -n 's/^ *sudo //p' <<<"$told")
[ "${lines[0]}" = "apt-get update" ] || fail "without lists, apt-get update is not told first: $told"
${lines[0]} -q
${lines[1]} --simulate >/dev/null || fail "apt does not take: ${lines[1]}"

mkdir -m 700 "$XDG_RUNTIME_DIR"
log=/tmp/make-run.log
make run >"$log" 2>&1 &
session=$!
# Installing takes its time; then spectrumctl finds the session by itself.
until .venv/bin/spectrumctl version >/tmp/version 2>/dev/null; do
    kill -0 $session 2>/dev/null || fail "make run ended: $(tail -n 40 "$log")"
    [ $SECONDS -lt $DEADLINE_S ] || fail "no session after $DEADLINE_S s: $(tail -n 40 "$log")"
    sleep 0.5
done
installed=$(sed -n 's/^Installing Debian packages: //p' "$log")
[ "${lines[1]#*--no-install-recommends }" = "$installed" ] ||
    fail "a user is told ${lines[1]}, root installs $installed"
! grep -q "Installing Python packages" "$log" || fail "PyPI was asked"
grep -q "(system)\|system" /tmp/version || fail "wlroots is not the system's: $(cat /tmp/version)"

display=$(.venv/bin/spectrumctl --json version |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["wayland_display"])')
WAYLAND_DISPLAY=$display grim /tmp/screen.png
[ "$(head -c 4 /tmp/screen.png | tail -c 3)" = PNG ] || fail "grim took no picture"
.venv/bin/spectrumctl exit
wait $session || fail "the session ended with $?: $(tail -n 40 "$log")"
cat /tmp/version
echo "bare: make run installs all that it needs, and the session starts, answers and ends"
