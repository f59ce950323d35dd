#!/bin/sh
# The npm package, pkg/: the wasm programs with their JavaScript and TypeScript, and the entry that chooses between them. Skipped when
# nothing that goes into it is newer.
set -eu

if [ -f pkg/.complete ] && [ -z "$(find Cargo.toml Cargo.lock .cargo arithmetic gpu src js weights scripts/build_pkg.sh scripts/stamp_programs.mjs -newer pkg/.complete -type f)" ]; then
    exit 0
fi
rm -rf pkg
mkdir pkg
# What is edited from now on is newer.
touch pkg/.started

# program NAME [cargo options]
program() {
    # shellcheck disable=SC2086 # words
    cargo build --locked --lib --target wasm32-unknown-unknown --profile web ${2:-}
    wasm-bindgen --target web --out-dir "pkg/$1" target/wasm32-unknown-unknown/web/deep_inside.wasm
    # Only the names of functions go, a third of the file: optimising the rest takes minutes and makes it no smaller to transfer.
    node_modules/.bin/wasm-opt --enable-relaxed-simd --strip-debug --strip-producers "pkg/$1/deep_inside_bg.wasm" -o pkg/stripped.wasm
    mv pkg/stripped.wasm "pkg/$1/deep_inside_bg.wasm"
    # The types name `Symbol.dispose`, which is in no library that TypeScript takes by itself.
    { echo '/// <reference lib="esnext.disposable" />'; cat "pkg/$1/deep_inside.d.ts"; } > pkg/types
    mv pkg/types "pkg/$1/deep_inside.d.ts"
}
program webgpu
program cpu --no-default-features
program relaxed "--no-default-features --features relaxed-simd"
# Its JavaScript is that of the other, so that whoever starts it may choose.
cmp pkg/cpu/deep_inside.js pkg/relaxed/deep_inside.js
mv pkg/relaxed/deep_inside_bg.wasm pkg/cpu/deep_inside_relaxed_bg.wasm
rm -r pkg/relaxed

cp js/deep_inside.js js/deep_inside.d.ts README.md LICENSE-* pkg
mkdir pkg/weights
node -p 'JSON.parse(fs.readFileSync("weights/manifest.json")).map(({ file }) => `weights/${file}`).join("\n")' | xargs -I{} cp {} pkg/weights
cp weights/LICENSES.txt pkg/weights
cargo metadata --locked --no-deps --format-version 1 | node -e '
    const { name, version, description, license } = JSON.parse(fs.readFileSync(0)).packages.find(({ name }) => name === "deep-inside");
    const files = ["LICENSE-*", "*.js", "*.d.ts", "*/*.js", "*/*.d.ts", "*/*.wasm", "weights/*"];
    const about = { name, version, description, license, type: "module", main: "deep_inside.js", types: "deep_inside.d.ts", files, sideEffects: true };
    fs.writeFileSync("pkg/package.json", JSON.stringify(about, null, 2));
'
node scripts/stamp_programs.mjs
mv pkg/.started pkg/.complete
