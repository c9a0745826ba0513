# Sourced by test.sh: brings the programs that tests run against onto a Debian machine, where it may. What cannot be
# installed is said here, and the tests that need it say that they are skipped.
. scripts/debian-packages.sh
install_missing ip:iproute2 nft:nftables busybox:busybox-static redis-server:redis-server openssl:openssl git:git curl:curl script:bsdutils
PETREL_KUBECTL_DIR="${PETREL_KUBECTL_DIR:-$root/node_modules/.cache/petrel/kubectl}"
export PETREL_KUBECTL_DIR
scripts/fetch-kubectl.sh "$PETREL_KUBECTL_DIR" || echo 'test: no further kubectl could be had from Debian' >&2
