#!/bin/sh
# Run a command whose programs are built with a sanitizer: `with_sanitizer.sh address|thread COMMAND...`.
# A small program is tried first, since some kernels and containers keep the sanitizers' runtimes from working.
set -eu

sanitizer=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo 'int main(void) { return 0; }' | cc -fsanitize="$sanitizer" -x c - -o "$folder/probe"

if "$folder/probe" >/dev/null 2>&1; then
    "$@"
elif [ "$sanitizer" = address ] && ASAN_OPTIONS=detect_leaks=0 "$folder/probe"; then
    echo "SKIPPED: leaks are not looked for: LeakSanitizer does not run here (under ptrace?)"
    ASAN_OPTIONS=detect_leaks=0 "$@"
elif setarch -R "$folder/probe" 2>/dev/null; then
    setarch -R "$@"
else
    echo "SKIPPED: a program built with -fsanitize=$sanitizer does not run here, nor without address randomisation"
fi
