#!/bin/sh
# Puts kubectl from Debian's newer suites into FOLDER as kubectl-<suite>, taking the mirror that this machine already
# uses; suites that are there stay. Leaves the machine's own package lists and packages alone.
set -eu
folder=$1
mkdir -p "$folder"
command -v apt-get >/dev/null || { echo 'fetch-kubectl: this is not a Debian machine' >&2; exit 1; }
for suite in trixie sid; do
  [ -x "$folder/kubectl-$suite" ] && continue
  work=$(mktemp -d)
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  site=$(apt-get indextargets --format '$(SITE)' | grep -v security | head -n 1)
  [ -n "$site" ] || { apt-get update -q >/dev/null; site=$(apt-get indextargets --format '$(SITE)' | grep -v security | head -n 1); }
  keys=/usr/share/keyrings/debian-archive-keyring.gpg
  echo "deb [signed-by=$keys] $site $suite main" >"$work/sources.list"
  options="-q -o Dir::Etc::sourcelist=$work/sources.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=$work/lists"
  options="$options -o Dir::State::status=/dev/null -o Dir::Cache=$work/cache -o APT::Sandbox::User=root -o Acquire::Languages=none"
  # A mirror may be behind; the signature is checked all the same.
  options="$options -o Acquire::Check-Valid-Until=false"
  if (
    cd "$work"
    apt-get $options update >/dev/null
    # The package was called kubernetes-client up to trixie.
    for package in kubectl kubernetes-client; do
      apt-get $options download "$package" >/dev/null 2>&1 || continue
      for deb in ./*.deb; do dpkg -x "$deb" unpacked; done
      [ -x unpacked/usr/bin/kubectl ] && break
    done
    mv unpacked/usr/bin/kubectl "$folder/kubectl-$suite"
  ); then echo "fetch-kubectl: $("$folder/kubectl-$suite" version --client | head -n 1) from $suite" >&2
  else echo "fetch-kubectl: nothing in $suite" >&2; fi
  rm -rf "$work"
done
[ -n "$(ls "$folder")" ]
