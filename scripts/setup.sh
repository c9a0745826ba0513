#!/bin/sh
# Installs what running Petrel needs: the packages, Node among them, at the versions of the lock file, and as root the two
# programs with which pods get a network of their own.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
command -v npm >/dev/null || { echo 'setup: npm is not installed; install Node 20 or newer, which brings it' >&2; exit 1; }
echo 'setup: installing packages' >&2
. scripts/debian-packages.sh
install_missing ip:iproute2 nft:nftables
# Not npm ci: it refuses a lock file that leaves out the packages of platforms which the registry at hand does not have.
npm install --no-save --no-audit --no-fund --loglevel=error
touch node_modules/.package-lock.json
if [ ! -x node_modules/.bin/node ]; then
  echo "setup: no packaged Node for this machine ($(uname -sm)); install Node 24 or newer and link it to node_modules/.bin/node" >&2
  exit 1
fi
# What the fields of the API mean, for kubectl explain: from the installed packages into a file beside them.
node_modules/.bin/node scripts/generate/descriptions.ts
