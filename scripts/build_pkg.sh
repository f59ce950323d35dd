#!/bin/sh
# The wasm module with its JavaScript and TypeScript: pkg/, which is also the npm package. Skipped when nothing that goes into it is
# newer.
set -eu

if [ -f pkg/.complete ] && [ -z "$(find Cargo.toml Cargo.lock .cargo src weights/manifest.json -newer pkg/.complete -type f)" ]; then
    exit 0
fi
rm -rf pkg
wasm-pack build --target web --mode no-install --no-opt --profile web -- --locked
# Only the names of functions go, a third of the file: optimising it further takes minutes and saves 1.5 % after compression.
node_modules/.bin/wasm-opt --strip-debug --strip-producers pkg/deep_inside_bg.wasm -o pkg/stripped.wasm
mv pkg/stripped.wasm pkg/deep_inside_bg.wasm
touch pkg/.complete
