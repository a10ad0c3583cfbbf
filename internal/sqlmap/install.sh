#!/bin/sh
# Makes sure that sqlmap is there, and prints its path: the one that UPTALLY_SQLMAP
# names, the system's, or one of our own. Installs Debian's as root, else the Python
# package into a private environment in the user's cache.
set -eu

package_version=1.10.10

folder() {
    if [ "$(id -u)" = 0 ]; then
        echo /var/cache/uptally/sqlmap
    else
        echo "${XDG_CACHE_HOME:-$HOME/.cache}/uptally/sqlmap"
    fi
}

# usable PROGRAM: it is there and starts.
usable() {
    [ -n "$1" ] && [ -x "$1" ] && "$1" --version >/dev/null 2>&1
}

# found: prints the program.
found() {
    if [ -n "${UPTALLY_SQLMAP:-}" ]; then
        usable "$UPTALLY_SQLMAP" || {
            echo "UPTALLY_SQLMAP=$UPTALLY_SQLMAP is no sqlmap that starts" >&2
            exit 1
        }
        echo "$UPTALLY_SQLMAP"
        return
    fi
    for program in "$(command -v sqlmap || true)" "$(folder)/bin/sqlmap"; do
        usable "$program" && echo "$program" && return
    done
    return 1
}

# from_debian: the distribution's own, and Python with it.
from_debian() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    export DEBIAN_FRONTEND=noninteractive
    install='apt-get install -y -q --no-install-recommends sqlmap'
    { $install || { apt-get update -q && $install; }; } >&2
}

# from_pip: a private environment, which is taken away again unless it is whole. It is
# made in its place, as its programs name the folder that they are in.
from_pip() {
    command -v python3 >/dev/null || {
        echo "sqlmap needs python3, which is not on this machine. Install it with your system's packages, and try again." >&2
        return 1
    }
    target=$(folder)
    rm -rf "$target" && mkdir -p "$(dirname "$target")" || return 1
    { python3 -m venv "$target" && "$target/bin/pip" install --quiet --disable-pip-version-check "sqlmap==$package_version"; } >&2 || {
        rm -rf "$target"
        return 1
    }
}

found && exit
echo "Installing sqlmap, which is not on this machine ..." >&2
from_debian || from_pip || {
    echo "Could not. Install sqlmap with your system's packages, or name it in UPTALLY_SQLMAP, and try again." >&2
    exit 1
}
found
