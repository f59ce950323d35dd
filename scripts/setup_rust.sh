#!/bin/sh
# The wasm target and the three pinned tools; quick when they are there.
# usage: setup_rust.sh WASM_PACK_VERSION WASM_BINDGEN_VERSION TRUNK_VERSION
set -eu

command -v cargo >/dev/null || { echo "Rust is needed: https://rustup.rs" >&2; exit 1; }

sysroot=$(rustc --print sysroot)
if [ ! -d "$sysroot/lib/rustlib/wasm32-unknown-unknown" ]; then
    command -v rustup >/dev/null || { echo "The Rust target wasm32-unknown-unknown is missing and there is no rustup to add it." >&2; exit 1; }
    rustup target add wasm32-unknown-unknown
fi

# install CRATE COMMAND VERSION [cargo install options]. Unoptimised is quick to build and fast enough for what only copies and serves.
install() {
    found=$("$2" --version 2>/dev/null | sed 's/[^0-9]*\([0-9.]*\).*/\1/') || found=
    if [ "$found" != "$3" ]; then
        echo "installing $1 $3 (once)"
        # The tools are not part of the product: built apart from it, they leave its target directory alone.
        # Nobody debugs them: without debug information they compile faster.
        # wasm-bindgen reads 20 MB programs, for which level 1 is enough.
        CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_TARGET_DIR=.tools/target \
            cargo install --quiet --root .tools "$1" --version "$3" ${4:-} ${5:-} ${6:-}
        rm -rf .tools/target
    fi
}
install wasm-pack wasm-pack "$1" --locked --debug
# The lock file that wasm-bindgen-cli ships names withdrawn versions, so it is resolved anew.
install wasm-bindgen-cli wasm-bindgen "$2"
# Without the features that look for updates and download tools.
install trunk trunk "$3" --locked --debug --no-default-features
