#!/usr/bin/env bash
# A process that imported triton and called gc.freeze() ends with lines about leaked objects, though nothing leaked.
#
# triton 3.9.0, Linux x86_64: `import triton; gc.freeze()` makes nanobind, which triton's bindings are built with, list
# leaked instances and types of triton on stderr at the interpreter's end; the exit code stays 0. Objects that are frozen
# aren't collected at the end, and nanobind takes what is left for leaks. Frameworks import triton by themselves as soon as
# something is compiled, and gc.freeze() is what servers and training loops are advised to call after their imports.
# What to do: gc.unfreeze() before the end, in an atexit handler.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check triton==3.9.0
lines() {
    "$folder/venv/bin/python" -c "$1" 2> "$folder/stderr" || { echo "exit code $?"; exit 1; }
    grep -c leaked "$folder/stderr" || true
}
"$folder/venv/bin/python" -c 'import sys, triton; print("triton", triton.__version__, "Python", sys.version.split()[0])'
alone=$(lines 'import triton')
frozen=$(lines 'import triton, gc; gc.freeze()')
unfrozen=$(lines 'import triton, gc, atexit; gc.freeze(); atexit.register(gc.unfreeze)')
echo "lines about leaks: $alone without gc.freeze(), $frozen with it, $unfrozen if gc.unfreeze() is called at the end"
[ "$alone" -eq 0 ] && [ "$frozen" -gt 0 ] && [ "$unfrozen" -eq 0 ]
