#!/bin/sh
# Compare the ABI of a library, as its debug information tells it, to the reference: abidiff.sh REFERENCE LIBRARY INCLUDE.
# With --update first, write the reference instead; the change is then read as a diff, and must only add.
set -eu

update=no
if [ "$1" = --update ]; then
    update=yes
    shift
fi
reference=$1 library=$2 include=$3

if ! command -v abidiff >/dev/null; then
    echo "skipped: no abidiff here (Debian: abigail-tools)"
    exit 77
fi
if [ "$(uname -m)" != x86_64 ]; then
    echo "skipped: the reference is that of x86-64"
    exit 77
fi

if [ $update = yes ]; then
    abidw --headers-dir "$include" --drop-private-types --drop-undefined-syms --no-architecture --no-comp-dir-path \
        --no-corpus-path --no-elf-needed --no-parameter-names --no-show-locs --short-locs --type-id-style hash \
        --out-file "$reference" "$library"
else
    abidiff --headers-dir2 "$include" --drop-private-types --no-architecture "$reference" "$library"
fi
