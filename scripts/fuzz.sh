#!/bin/sh
# Fuzzes TARGET (decode, segment or onnx) with RUNS inputs, on the stable toolchain: with debug assertions, without sanitizers.
# Inputs that reach new code are kept in target/fuzz/TARGET, and one that fails in target/fuzz/TARGET-crash-*.
# usage: scripts/fuzz.sh TARGET RUNS [libFuzzer's options]
set -eu
target=$1 runs=$2
shift 2
export RUSTC_WRAPPER="$PWD/scripts/rustc_with_coverage.sh"
cargo build --locked --manifest-path tests/fuzz/Cargo.toml --target-dir target --bin "fuzz_$target"
case $target in decode) seeds=tests/bad_pictures ;; *) seeds=tests/fuzz/seeds/$target ;; esac
mkdir -p "target/fuzz/$target"
echo "fuzzing $target with $runs inputs"
"target/debug/fuzz_$target" -runs="$runs" -artifact_prefix="target/fuzz/$target-" -max_len=1024 -len_control=0 -timeout=60 -verbosity=0 \
    "$@" "target/fuzz/$target" "$seeds"
