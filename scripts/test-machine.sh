# Sourced by test.sh: brings the programs that tests run against onto a Debian machine, where it may. What cannot be
# installed is said here, and the tests that need it say that they are skipped.
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  missing=''
  for pair in ip:iproute2 nft:nftables busybox:busybox-static redis-server:redis-server openssl:openssl git:git script:bsdutils; do
    command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
  done
  if [ -n "$missing" ]; then
    echo "test: installing$missing" >&2
    apt-get update -q >/dev/null
    # Services of these packages must not start: the tests run the programs themselves.
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing >/dev/null
  fi
fi
PETREL_KUBECTL_DIR="${PETREL_KUBECTL_DIR:-$root/node_modules/.cache/petrel/kubectl}"
export PETREL_KUBECTL_DIR
scripts/fetch-kubectl.sh "$PETREL_KUBECTL_DIR" || echo 'test: no further kubectl could be had from Debian' >&2
