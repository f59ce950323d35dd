#!/bin/sh
# The browsers that are not Chromium, for the tests: Firefox with a Vulkan driver that computes on the CPU, for its WebGPU, and WebKitGTK with
# its driver and a screen that nobody sees.
set -eu

missing=
[ -x "${FIREFOX:-/usr/bin/firefox-esr}" ] || missing="$missing firefox-esr"
command -v WebKitWebDriver >/dev/null || missing="$missing webkit2gtk-driver"
command -v Xvfb >/dev/null || missing="$missing xvfb"
[ -n "$(find /usr/share/vulkan/icd.d /etc/vulkan/icd.d -name '*.json' 2>/dev/null)" ] || missing="$missing mesa-vulkan-drivers"
[ -n "$missing" ] || exit 0

# shellcheck disable=SC2086 # words
scripts/apt_install.sh "The tests need Firefox (its path in FIREFOX), WebKitWebDriver and Xvfb on PATH, and a Vulkan driver. Debian's packages of what is missing:$missing" \
    --no-install-recommends $missing
