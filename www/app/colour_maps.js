// The colour maps: 33 stops each, straight lines in sRGB between them.
// inferno, viridis and cividis are matplotlib's (CC0); all rise evenly in lightness, so that more always looks like more.

/** @typedef {'inferno' | 'viridis' | 'cividis' | 'grey'} ColourMapName */

const STOPS = {
  inferno:
    '000004 040312 0b0724 150b37 210c4a 2f0a5b 3d0965 4a0c6b 57106e 64156e 71196e 7d1e6d 8a226a 972766 a32c61 b0315b ' +
    'bc3754 c63d4d d04545 da4e3c e35933 eb6429 f1711f f67e14 f98c0a fb9b06 fcaa0f fbba1f f9c932 f5d949 f2e865 f3f586 ' +
    'fcffa4',
  viridis:
    '440154 470d60 48186a 482374 472d7b 453781 424086 3e4989 3b528b 375b8d 33638d 2f6b8e 2c728e 297a8e 26828e 23898e ' +
    '21918c 1f978b 1f9f88 21a685 27ad81 31b57b 3dbc74 4cc26c 5cc863 6ece58 81d34d 95d840 aadc32 c0df25 d5e21a eae51a ' +
    'fde725',
  cividis:
    '00224e 00285b 002e6a 053371 1a386f 273e6e 32436d 3b496c 434e6c 4b546c 535a6d 5a5f6e 61656f 686a71 6f7073 767676 ' +
    '7d7c78 838179 8b8778 928d78 9a9376 a29975 aaa073 b3a670 bbad6d c3b369 ccba64 d4c15f ddc858 e6d051 efd748 f8df3c ' +
    'fee838',
  grey: '000000 ffffff',
};

/** @type {ColourMapName[]} */
export const COLOUR_MAPS = /** @type {any} */ (Object.keys(STOPS));

/** Intensities (of 0..1) below the first fade out completely; above the second they show at full strength. */
const FADE_FROM = 0.18;
const FADE_TO = 0.7;

/** How opaque an intensity of 0..1 is drawn over the photo. @param {number} intensity */
function opacityOf(intensity) {
  const t = Math.min(1, Math.max(0, (intensity - FADE_FROM) / (FADE_TO - FADE_FROM)));
  return t * t * (3 - 2 * t);
}

/** @type {Map<ColourMapName, Uint8ClampedArray>} */
const tables = new Map();

/**
 * 256 RGBA entries, one for each byte of intensity: the colour, and the opacity that lets low values fade away.
 * @param {ColourMapName} name
 */
export function colourTable(name) {
  const known = tables.get(name);
  if (known) return known;
  const stops = STOPS[name].split(' ').map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const table = new Uint8ClampedArray(256 * 4);
  for (let byte = 0; byte < 256; byte++) {
    const place = (byte / 255) * (stops.length - 1);
    const first = Math.min(Math.floor(place), stops.length - 2);
    for (let c = 0; c < 3; c++) {
      table[byte * 4 + c] = stops[first][c] + (place - first) * (stops[first + 1][c] - stops[first][c]);
    }
    table[byte * 4 + 3] = 255 * opacityOf(byte / 255);
  }
  tables.set(name, table);
  return table;
}
