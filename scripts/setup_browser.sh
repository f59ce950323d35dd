#!/bin/sh
# Chromium and its driver, for the tests.
set -eu

if command -v chromedriver >/dev/null && [ -x "${CHROMIUM:-/usr/bin/chromium}" ]; then
    exit 0
fi
scripts/apt_install.sh "The tests need Chromium and chromedriver on PATH; please install both." chromium chromium-driver
