#!/bin/sh
# Makes sure that the npm packages of package-lock.json are there. Does nothing if they
# are. Node itself is what internal/svm/install.sh sees to. Several may run it at once.
set -eu

here=$(cd "$(dirname "$0")" && pwd)

# installed: the packages are those of the lock file.
installed() {
    cmp -s "$here/package-lock.json" "$here/node_modules/.installed-lock.json"
}

installed && exit
exec 9>"$here/.install.lock"
if command -v flock >/dev/null; then flock 9; fi
installed && exit # by one who was faster
echo "Installing the npm packages that lint the OpenAPI document ..." >&2
rm -rf "$here"/.new-* # of one who was killed
work=$(mktemp -d "$here/.new-XXXXXX")
trap 'rm -rf "$work"' EXIT
cp "$here/package.json" "$here/package-lock.json" "$work"
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null)
cp "$here/package-lock.json" "$work/node_modules/.installed-lock.json"
rm -rf "$here/node_modules"
mv "$work/node_modules" "$here/node_modules"
