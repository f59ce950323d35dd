#!/bin/sh
# The npm packages of package-lock.json.
# usage: setup_node.sh [npm's options]
set -eu

command -v npm >/dev/null || { echo "Node.js with npm is needed: https://nodejs.org" >&2; exit 1; }
npm ci --no-audit --no-fund "$@"
