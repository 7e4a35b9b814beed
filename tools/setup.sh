#!/usr/bin/env bash
# Makes .venv/bin/interlude from nothing: system libraries where we may, locked packages, the model.
# With --test also what only the tests need. Running it again takes about a second.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }

packages=(python3-venv libportaudio2 libespeak-ng1 espeak-ng)
[ "${1:-}" = --test ] && packages+=(pulseaudio pulseaudio-utils alsa-utils libasound2-plugins flite sox)

# ---- system libraries ------------------------------------------------------------------------
missing=()
if command -v dpkg-query >/dev/null; then
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
  done
fi
if [ ${#missing[@]} -gt 0 ]; then
  install="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" = 0 ]; then as_root=(env DEBIAN_FRONTEND=noninteractive bash -c)
  elif sudo -n true 2>/dev/null; then as_root=(sudo -n env DEBIAN_FRONTEND=noninteractive bash -c)
  else as_root=(); fi
  if [ ${#as_root[@]} -gt 0 ]; then
    say "installing ${missing[*]}"
    "${as_root[@]}" "$install" >/dev/null || say "that failed; run: sudo sh -c '$install'"
  else
    say "run this once, for sound: sudo sh -c '$install'"
  fi
fi

# ---- Python ----------------------------------------------------------------------------------
fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }
python=""
for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
  if command -v "$candidate" >/dev/null && fits "$candidate"; then python=$candidate; break; fi
done
[ -n "$python" ] || { say "Python 3.11, 3.12 or 3.13 is needed; install one, or name it: make setup PYTHON=..."; exit 3; }

if ! { [ -x .venv/bin/python ] && fits .venv/bin/python; }; then
  say "making .venv"
  rm -rf .venv
  "$python" -m venv .venv || { rm -rf .venv; say "no virtual environment: install python3-venv"; exit 3; }
fi

# Locked packages, each checked against its hash; then this checkout itself, without any of its own.
stamp=.venv/locked
wanted=$(cat requirements.lock pyproject.toml | sha256sum)
if [ "$(cat $stamp 2>/dev/null)" != "$wanted" ] || [ ! -x .venv/bin/interlude ]; then
  say "installing the locked packages"
  pip=(.venv/bin/python -m pip install --quiet --disable-pip-version-check)
  "${pip[@]}" --require-hashes -r requirements.lock
  "${pip[@]}" --no-deps --no-build-isolation --editable .
  printf '%s\n' "$wanted" >$stamp
fi

# ---- the model -------------------------------------------------------------------------------
.venv/bin/interlude models check en-small >/dev/null
