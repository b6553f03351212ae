#!/usr/bin/env bash
# MB/s of the encoders here beside those of the programs whose bytes they write, on one input, in one run.
#
#     benches/encoders.sh FILE [TIMES]
#
# Both read FILE from stdin on one thread, TIMES times each (3), and the best is shown: MB of input to a second of user
# CPU time, so that a busy machine shows less. Ours is `benches/encoder.rs`; theirs is what is on PATH (gzip, pigz,
# libdeflate-gzip, zstd, zlib by python3) and what these name, programs `LEVEL <in >out`: GO_OLD and GO_NEW, built with
# compress/gzip of Go up to 1.26 and of 1.27 or later; PGZIP, and KLAUSPOST_ZSTD with its levels from 1 to 4. A row without
# a program has a dash. Theirs write a checksum too, which is a few percent for the fastest.
set -euo pipefail
file=$(readlink -f "${1:?a file to compress}")
times=${2:-3}
cd "$(dirname "$0")/.."
export LC_ALL=C

bench=$(cargo bench --bench encoder --no-run 2>&1 | sed -n 's/.*(\(.*\/encoder-[0-9a-f]*\)).*/\1/p' | tail -1)
bench=${bench:?the bench was not built}

# user CPU seconds of a command that reads FILE from stdin
seconds() {
  local TIMEFORMAT=%U
  { time "$@" <"$file" >/dev/null 2>/dev/null; } 2>&1
}

best() {
  local best='' one
  for _ in $(seq "$times"); do
    one=$(seconds "$@") || return 1
    best=$(printf '%s\n' $best "$one" | sort -n | head -1)
  done
  echo "$best"
}

size=$(stat -c %s "$file")
speed() { awk -v size="$size" -v s="$1" 'BEGIN { if (s > 0) printf "%.1f", size / s / 1e6; else printf "-" }'; }

row() { # FAMILY LEVEL COMMAND...
  local family=$1 level=$2 ours theirs=
  shift 2
  ours=$(speed "$(best "$bench" --only "$family" "$level")")
  if command -v "$1" >/dev/null; then theirs=$(best "$@" || true); fi
  printf '%-16s %5s %10s %10s  %s\n' "$family" "$level" "$ours" "$([ -n "$theirs" ] && speed "$theirs" || echo -)" "${*:-}"
}

python() { # what zlib's own compressobj gives, in pieces of 256 KiB
  python3 -c '
import sys, zlib
z = zlib.compressobj(int(sys.argv[1]), zlib.DEFLATED, -15)
while piece := sys.stdin.buffer.read(1 << 18):
    z.compress(piece)
z.flush()' "$1"
}

printf '%-16s %5s %10s %10s  %s\n' encoder level 'ours MB/s' 'their MB/s' 'their program'
for level in 1 6 9; do
  row go $level "${GO_OLD:-no-go}" $level
done
for level in 1 6 9; do
  row klauspost $level "${GO_NEW:-no-go}" $level
done
for level in 1 6 9; do
  row zlib $level python $level
done
for level in 1 6 9; do
  row gnu-gzip $level gzip -$level
done
for level in 6 9; do
  row pigz $level pigz -p 1 -$level
done
row libdeflate 6 libdeflate-gzip -6 -c
for level in 3 9; do
  row libzstd $level zstd -q -c --single-thread -$level
done
for level in 1 5 9; do
  row pgzip $level "${PGZIP:-no-pgzip}" $level
done
for family in zlib-ng miniz; do row $family 6 ''; done
for level in 1 2 3 4; do
  row klauspost-zstd $level "${KLAUSPOST_ZSTD:-no-zstd}" $level
done
