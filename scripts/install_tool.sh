#!/bin/sh
# Installs a command of a pinned version below .tools, unless it is on PATH.
# usage: install_tool.sh CRATE COMMAND VERSION [cargo install options]
set -eu

crate=$1 command=$2 version=$3
shift 3
found=$("$command" --version 2>/dev/null | sed 's/[^0-9]*\([0-9.]*\).*/\1/') || found=
[ "$found" != "$version" ] || exit 0
echo "installing $crate $version (once)"
# The tools are not part of the product: built apart from it, they leave its target directory alone. Nobody debugs them: without debug
# information they compile faster.
CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=.tools/target cargo install --quiet --root .tools "$crate" --version "$version" "$@"
rm -rf .tools/target
