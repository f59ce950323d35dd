#!/bin/sh
# The wasm target and wasm-bindgen's command; quick when they are there.
# usage: setup_rust.sh WASM_BINDGEN_VERSION
set -eu

command -v cargo >/dev/null || { echo "Rust is needed: https://rustup.rs" >&2; exit 1; }

sysroot=$(rustc --print sysroot)
if [ ! -d "$sysroot/lib/rustlib/wasm32-unknown-unknown" ]; then
    command -v rustup >/dev/null || { echo "The Rust target wasm32-unknown-unknown is missing and there is no rustup to add it." >&2; exit 1; }
    rustup target add wasm32-unknown-unknown
fi
# Without its lock file, which names withdrawn versions. What reads the programs, of 5 to 40 MB, is optimised; the rest is quicker to compile.
scripts/install_tool.sh wasm-bindgen-cli wasm-bindgen "$1" --debug --no-default-features --bin wasm-bindgen --bin wasm-bindgen-test-runner \
    --config profile.dev.package.walrus.opt-level=1 --config profile.dev.package.wasmparser.opt-level=1 \
    --config profile.dev.package.wasm-bindgen-cli-support.opt-level=1
