#!/bin/sh
# Build and run a consumer of an installed libbinet, out of the tree: consume.sh KIND PREFIX WORK, where KIND is
# cmake, make, make-torch, cc, moved or examples.
set -eu

kind=$1 prefix=$2 work=$3
here=$(cd "$(dirname "$0")" && pwd)
libraries=$(dirname "$(find "$prefix" -name 'libbinet.so.0')")
rm -rf "$work"
mkdir -p "$work"

# with_cmake SOURCE: configure, build and run the tests of a project that asks for find_package(binet).
with_cmake() {
    cmake -S "$1" -B "$work/build" "-DCMAKE_PREFIX_PATH=$prefix" -DCMAKE_BUILD_TYPE=Release
    cmake --build "$work/build"
    ctest --test-dir "$work/build" --output-on-failure --no-tests=error
}

# with_make PACKAGE SOURCE
with_make() {
    PKG_CONFIG_PATH=$libraries/pkgconfig make -f "$here/make/Makefile" \
        "PACKAGE=$1" "SOURCE=$here/$2" "OUTPUT=$work/consumer"
    "$work/consumer"
}

case $kind in
cmake) with_cmake "$here/cmake" ;;
make) with_make binet consumer.c ;;
make-torch) with_make binet-torch torch_consumer.c ;;
examples)
    cmake -S "$here/../../examples" -B "$work/build" "-DCMAKE_PREFIX_PATH=$prefix" -DCMAKE_BUILD_TYPE=Release
    cmake --build "$work/build"
    # Two rows, (2, 0) and (0, 1), of which the first is right.
    printf '\0\0\0\100\0\0\0\0\0\0\0\0\0\0\200\077' >"$work/logits.f32"
    printf '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' >"$work/labels.i64"
    "$work/build/calibrate_logits" "$work/logits.f32" "$work/labels.i64" --columns 2 | tee "$work/printed"
    grep -q 'accuracy.*0\.5' "$work/printed"
    ;;
cc)
    cc "$here/consumer.c" "-I$prefix/include" "-L$libraries" -lbinet -o "$work/consumer"
    LD_LIBRARY_PATH=$libraries "$work/consumer"
    ;;
moved) # the installed tree works wherever it is put
    cp -a "$prefix" "$work/elsewhere"
    prefix=$work/elsewhere
    libraries=$(dirname "$(find "$prefix" -name 'libbinet.so.0')")
    with_cmake "$here/cmake"
    with_make binet consumer.c
    ;;
*)
    echo "no such kind: $kind" >&2
    exit 2
    ;;
esac
