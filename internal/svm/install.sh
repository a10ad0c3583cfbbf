#!/bin/sh
# Makes sure that Node and the npm packages of front/package-lock.json are there. Does
# nothing if they are. Several may run it at once.
set -eu

front=$(cd "$(dirname "$0")/front" && pwd)
oldest=18

has_node() {
    command -v npm >/dev/null || return 1
    major=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p')
    [ "${major:-0}" -ge "$oldest" ]
}

# from_debian: the distribution's own.
from_debian() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    export DEBIAN_FRONTEND=noninteractive
    install='apt-get install -y -q --no-install-recommends nodejs npm'
    { $install || { apt-get update -q && $install; }; } >&2 && has_node
}

# installed: the packages are those of the lock file, for this kind of machine.
installed() {
    cmp -s "$front/package-lock.json" "$front/node_modules/.installed-lock.json"
}

# packages: installed beside their place, and moved there when they are whole and load.
# None of their scripts runs. The lock file names litesvm's native package of every
# platform, without the wish for Node 20 that npm would leave them out for on 18: they
# run there.
packages() {
    rm -rf "$front"/.new-* # of one who was killed
    work=$(mktemp -d "$front/.new-XXXXXX")
    trap 'rm -rf "$work"' EXIT
    cp "$front/package.json" "$front/package-lock.json" "$work"
    (cd "$work" && npm ci --ignore-scripts --omit=peer --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null)
    (cd "$work" && node -e 'require("litesvm/dist/internal.js")') || {
        echo "litesvm has no native package for this machine ($(uname -sm))." >&2
        exit 1
    }
    cp "$front/package-lock.json" "$work/node_modules/.installed-lock.json"
    rm -rf "$front/node_modules"
    mv "$work/node_modules" "$front/node_modules"
}

has_node || {
    echo "Installing Node.js, which is not on this machine ..." >&2
    from_debian
} || {
    echo "Could not. Install Node.js $oldest or newer and npm with your system's packages, and try again." >&2
    exit 1
}
installed && exit
exec 9>"$front/.install.lock"
if command -v flock >/dev/null; then flock 9; fi
installed && exit # by one who was faster
echo "Installing the npm packages that the Solana runtime of the tests needs ..." >&2
packages
