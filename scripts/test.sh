#!/bin/sh
# `npm test`: installs what the tests need, then runs every check and every test. Works in a clean clone.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
[ -x node_modules/.bin/node ] && [ node_modules/.package-lock.json -nt package-lock.json ] || scripts/setup.sh
[ -s node_modules/.cache/petrel/descriptions.json ] || node_modules/.bin/node scripts/generate/descriptions.ts
PATH="$root/node_modules/.bin:$PATH"
export PATH
. scripts/test-machine.sh
exec node scripts/test.ts "$@"
