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
    wasm-pack build --target web --mode no-install --no-opt --profile web --out-dir "pkg/$1" -- --locked ${2:-}
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

cp js/deep_inside.js js/deep_inside.d.ts pkg
mkdir pkg/weights
node -p 'JSON.parse(fs.readFileSync("weights/manifest.json")).map(({ file }) => `weights/${file}`).join("\n")' | xargs -I{} cp {} pkg/weights
cp weights/LICENSES.txt pkg/weights
node -e '
    const about = JSON.parse(fs.readFileSync("pkg/cpu/package.json"));
    Object.assign(about, { files: ["LICENSE-*", "*.js", "*.d.ts", "*/*.js", "*/*.d.ts", "*/*.wasm", "weights/*"], sideEffects: true });
    fs.writeFileSync("pkg/package.json", JSON.stringify(about, null, 2));
'
node scripts/stamp_programs.mjs
mv pkg/cpu/README.md pkg/cpu/LICENSE-* pkg
rm pkg/webgpu/README.md pkg/webgpu/LICENSE-* pkg/*/package.json pkg/*/.gitignore
mv pkg/.started pkg/.complete
