#!/bin/sh
# rustc for fuzzing on the stable toolchain: what reads a visitor's bytes is compiled with libFuzzer's coverage counters, everything else
# as always, so that the large dependencies are those of the other builds. (tests/fuzz/Cargo.toml gives the decoders a profile of their own.)
case "$3" in
    deep_inside | deep_inside_arithmetic | fuzz_* | image | image_webp | png | gif | libjpeg_turbo_rs | qcms)
        exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
            -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 ;;
    *) exec "$@" ;;
esac
