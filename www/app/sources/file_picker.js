// A picture from the file dialogue.

/**
 * @param {(source: import('../photo_pixels.js').PictureSource) => void} onPicture
 * @param {HTMLButtonElement} button
 * @param {HTMLInputElement} input   type=file
 * @returns {() => void} stop
 */
export function startFilePicker(onPicture, button, input) {
  const ask = () => input.click();
  function onChange() {
    const blob = input.files?.[0];
    if (blob) onPicture({ kind: 'file', blob });
    input.value = ''; // the same file may be chosen again
  }
  button.addEventListener('click', ask);
  input.addEventListener('change', onChange);
  return () => {
    button.removeEventListener('click', ask);
    input.removeEventListener('change', onChange);
  };
}
