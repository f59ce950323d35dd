#!/bin/sh
# The formatter of the Python files and the spell checker, in a virtual environment of their own.
set -eu

requirements=scripts/lint_requirements.txt
if cmp -s "$requirements" .tools/lint/installed; then
    exit 0
fi
python3 -c 'import ensurepip, venv' 2>/dev/null || scripts/apt_install.sh "Linting needs Python with its venv module." python3-venv
rm -rf .tools/lint
python3 -m venv .tools/lint
.tools/lint/bin/pip install --quiet --disable-pip-version-check --requirement "$requirements"
cp "$requirements" .tools/lint/installed
