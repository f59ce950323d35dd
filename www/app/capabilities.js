// What the page needs and this browser does not have.

/** (module (func (result v128) i32.const 0 i8x16.splat)): only valid where wasm has SIMD. */
// prettier-ignore
const SIMD_MODULE = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
);

/**
 * The first missing feature without which the page cannot work, or null.
 * @returns {string | null}
 */
export function missingCapability() {
  if (typeof WebAssembly !== 'object' || !WebAssembly.validate(SIMD_MODULE))
    return 'WebAssembly SIMD';
  if (typeof Worker !== 'function') return 'Worker';
  if (typeof OffscreenCanvas !== 'function') return 'OffscreenCanvas';
  return null;
}

/**
 * Whether the page can ask for a camera. Browsers hide it from pages that are not served securely.
 */
export function canAskForCamera() {
  return window.isSecureContext && typeof navigator.mediaDevices?.getUserMedia === 'function';
}
