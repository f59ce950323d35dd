// What is dropped and what is pasted arrive in the same kind of parcel.

import { CodedError } from '../messages.js';

/**
 * The first picture file in it. Files are judged by the engine, not by their names: only folders and text are passed over here.
 * @param {DataTransfer | null} parcel
 * @param {string} code   of the error when there is none
 * @returns {import('../photo_pixels.js').PictureSource}
 */
export function pictureIn(parcel, code) {
  const files = [...(parcel?.items ?? [])]
    .filter((item) => item.kind === 'file' && !item.webkitGetAsEntry?.()?.isDirectory)
    .map((item) => item.getAsFile())
    .filter((file) => file !== null);
  const blob = files.find((file) => file.type.startsWith('image/')) ?? files[0];
  if (!blob) throw new CodedError(code);
  return { kind: 'file', blob };
}
