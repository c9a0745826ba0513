# Sourced: `install_missing PROGRAM:PACKAGE …` brings programs onto a Debian machine when run by root. Where it may not, or
# there is no apt-get, it says what is missing and goes on: what needs the program says so by itself.
install_missing() {
  packages=''
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null || packages="$packages ${pair#*:}"
  done
  [ -n "$packages" ] || return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "not installed:$packages (installing them takes root and Debian)" >&2
    return 0
  fi
  echo "installing$packages" >&2
  # Services of these packages must not start by themselves. Package lists may be absent or old.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages >/dev/null 2>&1 ||
    { apt-get update -q >/dev/null && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages >/dev/null; } ||
    echo "could not install:$packages" >&2
}
