#!/bin/sh
# Chromium and its driver, for the tests: by apt where there is apt, else a word on what to install.
set -eu

if command -v chromedriver >/dev/null && [ -x "${CHROMIUM:-/usr/bin/chromium}" ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "The tests need Chromium and chromedriver on PATH; please install both." >&2
    exit 1
fi
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq chromium chromium-driver
