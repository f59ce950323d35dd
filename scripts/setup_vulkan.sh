#!/bin/sh
# A Vulkan driver, for WebGPU outside of browsers and in Firefox: Mesa's, which has one that needs no GPU.
set -eu

[ "$(uname)" = Linux ] || exit 0 # elsewhere the system brings its own: Metal, Direct3D 12
if [ -n "${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-}}" ] ||
    [ -n "$(find /usr/share/vulkan/icd.d /usr/local/share/vulkan/icd.d /etc/vulkan/icd.d -name '*.json' 2>/dev/null)" ]; then
    exit 0
fi
scripts/apt_install.sh "The tests need a Vulkan driver; Mesa's lavapipe is one that needs no GPU." \
    --no-install-recommends mesa-vulkan-drivers
