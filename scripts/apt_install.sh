#!/bin/sh
# Installs Debian packages for the tests, where there is apt; elsewhere says what they need instead, and fails.
# usage: apt_install.sh SENTENCE PACKAGE_OR_OPTION...
set -eu

sentence=$1
shift
if ! command -v apt-get >/dev/null; then
    echo "$sentence" >&2
    exit 1
fi
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq "$@"
