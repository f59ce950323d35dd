#!/bin/sh
# The browsers that are not Chromium, for the tests: Firefox, whose WebGPU wants setup_vulkan.sh as well, and WebKitGTK with its driver and a
# screen that nobody sees.
set -eu

missing=
[ -x "${FIREFOX:-/usr/bin/firefox-esr}" ] || missing="$missing firefox-esr"
command -v WebKitWebDriver >/dev/null || missing="$missing webkit2gtk-driver"
command -v Xvfb >/dev/null || missing="$missing xvfb"
[ -n "$missing" ] || exit 0

# shellcheck disable=SC2086 # words
scripts/apt_install.sh "The tests need Firefox (its path in FIREFOX), and WebKitWebDriver and Xvfb on PATH. Debian's packages of what is missing:$missing" \
    --no-install-recommends $missing
