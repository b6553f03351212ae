#!/usr/bin/env bash
# How long the whole program takes for two images, beside what others take for the same two.
#
#   benches/end_to_end.sh A B [RUNS]     A and B: an OCI layout folder with one image, or a folder by `skopeo copy … dir:…`
#
# Measured, in one run: why-differ, alone and with --prove; the floor, which is every blob of both sides hashed with openssl, and the gzip ones
# inflated and hashed, all in parallel; and what is on PATH of diffoci (`load` twice and `diff`) and diffoscope.
# Needs hyperfine. Nothing but a temporary folder is written.
set -euo pipefail

die() { echo "end_to_end: $*" >&2; exit 2; }

# --- the floor, which hyperfine calls through this script ---------------------------------------------------

# The blobs of a folder, one a line: an OCI layout keeps them under blobs/, `dir:` beside its two documents.
blobs() {
  if [ -d "$1/blobs" ]; then
    find -L "$1/blobs" -type f | sort
  else
    find -L "$1" -maxdepth 1 -type f ! -name manifest.json ! -name version | sort
  fi
}

is_gzip() { [ "$(head -c 2 "$1" | od -An -tx1 | tr -d ' \n')" = 1f8b ]; }

floor() {
  local inflate=$1 blob
  shift
  for blob in $(blobs "$1") $(blobs "$2"); do
    openssl dgst -sha256 "$blob" &
    if is_gzip "$blob"; then
      { "$inflate" -dc "$blob" | openssl dgst -sha256; } &
    fi
  done >/dev/null
  wait
}

if [ "${1:-}" = --floor ]; then
  shift
  floor "$@"
  exit
fi

# --- what to measure ---------------------------------------------------------------------------------------

[ $# -ge 2 ] || die "usage: benches/end_to_end.sh A B [RUNS]"
a=$(realpath "$1")
b=$(realpath "$2")
runs=${3:-10}
for side in "$a" "$b"; do
  [ -d "$side" ] || die "$side is no folder"
done
command -v hyperfine >/dev/null || die "hyperfine is needed: apt-get install hyperfine, or cargo install hyperfine"
command -v openssl >/dev/null || die "openssl is needed for the floor: apt-get install openssl"
if command -v igzip >/dev/null; then
  inflate=igzip
else
  inflate=gzip
  echo "end_to_end: igzip is not here (apt-get install isal), so the floor inflates with gzip, which is slower" >&2
fi

here=$(cd "$(dirname "$0")" && pwd)
(cd "$here/.." && cargo build --release --quiet)
program=${CARGO_TARGET_DIR:-$here/../target}/release/why-differ
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# hyperfine takes commands as lines for a shell.
for path in "$a" "$b" "$here" "$program" "$work"; do
  case "$path" in *[[:space:]]*) die "a path with spaces cannot be measured: $path" ;; esac
done
# A run that fails is fast and says nothing.
"$program" "$a" "$b" -q || [ $? -eq 1 ] || die "why-differ cannot compare $a and $b"

# As an OCI archive with a name that containerd's importer takes, which is what diffoci reads. Blobs stay as they are.
archive() {
  local from=$1 name=$2 layout=$work/$2 blob manifest type
  mkdir -p "$layout/blobs/sha256"
  for blob in $(blobs "$from"); do ln -s "$blob" "$layout/blobs/sha256/$(basename "$blob")"; done
  if [ -d "$from/blobs" ]; then
    manifest=$(grep -o 'sha256:[0-9a-f]\{64\}' "$from/index.json" | head -n 1)
    manifest=${manifest#sha256:}
  else
    manifest=$(sha256sum <"$from/manifest.json" | cut -c 1-64)
    ln -s "$from/manifest.json" "$layout/blobs/sha256/$manifest"
  fi
  type=$(grep -o '"mediaType": *"[^"]*"' "$layout/blobs/sha256/$manifest" | head -n 1 | cut -d '"' -f 4)
  printf '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
  printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s","digest":"sha256:%s","size":%s,"annotations":{"io.containerd.image.name":"localhost/%s:1"}}]}' \
    "$type" "$manifest" "$(stat -L -c %s "$layout/blobs/sha256/$manifest")" "$name" >"$layout/index.json"
  tar -C "$layout" -chf "$work/$name.tar" oci-layout index.json blobs
}

commands=(
  --command-name "why-differ" "$program $a $b"
  --command-name "why-differ --prove" "$program $a $b --prove"
  --command-name "floor: openssl and $inflate" "$here/end_to_end.sh --floor $inflate $a $b"
)
if command -v diffoci >/dev/null; then
  archive "$a" a
  archive "$b" b
  # The cache would make every run after the first one shorter than the work is.
  cache="--backend=local --local-cache=$work/cache"
  commands+=(--command-name "diffoci: load twice, diff"
    "rm -rf $work/cache && diffoci $cache load --input $work/a.tar && diffoci $cache load --input $work/b.tar && diffoci $cache diff --pull=never localhost/a:1 localhost/b:1")
else
  echo "end_to_end: diffoci is not on PATH (https://github.com/reproducible-containers/diffoci)" >&2
fi
if command -v diffoscope >/dev/null; then
  commands+=(--command-name "diffoscope" "diffoscope $a $b")
else
  echo "end_to_end: diffoscope is not on PATH (apt-get install diffoscope-minimal)" >&2
fi

# Exit code 1 means "they differ", which is why one measures.
hyperfine --ignore-failure --warmup 1 --runs "$runs" "${commands[@]}"

if command -v /usr/bin/time >/dev/null; then
  /usr/bin/time -f 'why-differ: at most %M KiB of memory' "$program" "$a" "$b" >/dev/null || true
  /usr/bin/time -f 'why-differ --prove: at most %M KiB of memory' "$program" "$a" "$b" --prove >/dev/null || true
fi
