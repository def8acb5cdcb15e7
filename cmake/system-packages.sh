#!/bin/sh
# Install the system packages that are missing: `cmake/system-packages.sh build` or `... test` (build's among them).
# This table is the one place that names them.
set -eu

# set, probe (a command, <header> or /file), Debian package; "optional" where the build does without it.
table() {
    cat <<'END'
build   cc                              gcc
build   <stdlib.h>                      libc6-dev
build   cmake                           cmake
build   ninja                           ninja-build
build   git                             git
build   python3:ensurepip               python3-venv
build   <stb/stb_image.h>               libstb-dev              optional
build   <turbojpeg.h>                   libturbojpeg0-dev       optional
test    c++                             g++
test    clang                           clang
test    clang-tidy                      clang-tidy
test    pkg-config                      pkg-config
test    nm                              binutils
test    abidiff                         abigail-tools           optional
test    <simde/x86/avx512.h>            libsimde-dev            optional
test    <simde/x86/avx512.h>            libsimde-dev            optional
test    /usr/share/i18n/locales/de_DE   locales                 optional
cross   aarch64-linux-gnu-gcc           gcc-aarch64-linux-gnu
cross   /usr/aarch64-linux-gnu/include/stdlib.h libc6-dev-arm64-cross
cross   qemu-aarch64                    qemu-user
END
}

wanted() {
    case $1 in
    build) true ;;
    test) [ "$purpose" = test ] ;;
    cross) [ "$purpose" = test ] && [ "$(uname -m)" != aarch64 ] ;;
    esac
}

present() {
    case $1 in
    '<'*) echo "#include $1" | cc -E -x c - >/dev/null 2>&1 ;;
    /*) [ -e "$1" ] ;;
    python3:*) "${PYTHON:-python3}" -c "import ${1#python3:}" 2>/dev/null ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

# find_missing [all]: the packages whose probe fails; those the build does without only where "all" is asked for.
find_missing() {
    table | while read -r set probe package optional; do
        [ -z "$optional" ] || [ "${1:-}" = all ] || continue
        ! wanted "$set" || present "$probe" || echo "$package"
    done | sort -u | tr '\n' ' '
}

purpose=${1:-build}
missing=$(find_missing all)
[ -n "$missing" ] || exit 0

if command -v apt-get >/dev/null; then
    sudo=
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "missing system packages, and no right to install them; as root: apt-get install $missing" >&2
            exit 1
        fi
        sudo=sudo
    fi
    echo "installing system packages: $missing"
    $sudo apt-get update -q
    # shellcheck disable=SC2086 # a list of words
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
else
    echo "please install, by the names that Debian gives them: $missing" >&2
fi

required=$(find_missing)
if [ -n "$required" ]; then
    echo "missing: $required" >&2
    exit 1
fi
