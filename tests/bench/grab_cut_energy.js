// The energy of a labelling by GrabCut's definition (Rother et al. 2004), for comparing cuts of different makers: it shares no code with
// any of them. A classic script, for a page: it leaves grabCutEnergy(image, labels).

/**
 * Five full-covariance Gaussians for each side, from a fixed start (the colours split by their luminance) and 15 rounds of expectation
 * maximisation on every seventh pixel; then E = sum of -ln p(colour | side) + sum over 8-neighbours with different labels of
 * 50 exp(-beta d^2) / distance, beta = 1 / (2 mean d^2).
 * @param {ImageData} image @param {Uint8Array} labels   0 or 255
 */
globalThis.grabCutEnergy = ({ data, width, height }, labels) => {
  const colour = (pixel) => [data[4 * pixel], data[4 * pixel + 1], data[4 * pixel + 2]];
  const sides = [[], []];
  for (let pixel = 0; pixel < width * height; pixel++) sides[labels[pixel] & 1].push(pixel);
  const models = sides.map((pixels) => fitted(pixels.filter((_, i) => i % 7 === 0).map(colour)));
  let energy = 0;
  for (const [side, pixels] of sides.entries()) for (const pixel of pixels) energy -= Math.log(density(models[side], colour(pixel)) + 1e-300);

  const pairs = (visit) => {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (const [dx, dy] of [[1, 0], [-1, 1], [0, 1], [1, 1]]) {
          if (x + dx < 0 || x + dx >= width || y + dy >= height) continue;
          const [p, q] = [y * width + x, (y + dy) * width + x + dx];
          const squared = (data[4 * p] - data[4 * q]) ** 2 + (data[4 * p + 1] - data[4 * q + 1]) ** 2 + (data[4 * p + 2] - data[4 * q + 2]) ** 2;
          visit(p, q, squared, dx && dy ? Math.SQRT2 : 1);
        }
      }
    }
  };
  let sum = 0, count = 0;
  pairs((p, q, squared) => (sum += squared, count++));
  const beta = count / (2 * sum);
  pairs((p, q, squared, distance) => (energy += labels[p] === labels[q] ? 0 : (50 * Math.exp(-beta * squared)) / distance));
  return energy;
};

function fitted(colours) {
  const luminance = ([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b;
  const sorted = [...colours].sort((a, b) => luminance(a) - luminance(b));
  const fifth = (k) => sorted.slice((k * sorted.length) / 5, ((k + 1) * sorted.length) / 5);
  let model = [0, 1, 2, 3, 4].map((k) => gaussian(fifth(k), () => 1, colours.length));
  for (let round = 0; round < 15; round++) {
    const shares = colours.map((each) => {
      const parts = model.map((one) => part(one, each));
      const total = parts.reduce((a, b) => a + b, 1e-300);
      return parts.map((value) => value / total);
    });
    model = model.map((_, k) => gaussian(colours, (i) => shares[i][k], colours.length));
  }
  return model;
}

function gaussian(colours, share, total) {
  let weight = 1e-9;
  const mean = [0, 0, 0];
  colours.forEach((colour, i) => {
    weight += share(i);
    for (let a = 0; a < 3; a++) mean[a] += share(i) * colour[a];
  });
  for (let a = 0; a < 3; a++) mean[a] /= weight;
  const c = [[0.01, 0, 0], [0, 0.01, 0], [0, 0, 0.01]];
  colours.forEach((colour, i) => {
    for (let a = 0; a < 3; a++) for (let b = 0; b < 3; b++) c[a][b] += (share(i) / weight) * (colour[a] - mean[a]) * (colour[b] - mean[b]);
  });
  const minor = (a, b) => c[(a + 1) % 3][(b + 1) % 3] * c[(a + 2) % 3][(b + 2) % 3] - c[(a + 1) % 3][(b + 2) % 3] * c[(a + 2) % 3][(b + 1) % 3];
  const determinant = c[0][0] * minor(0, 0) + c[0][1] * minor(0, 1) + c[0][2] * minor(0, 2);
  const inverse = [0, 1, 2].map((a) => [0, 1, 2].map((b) => minor(b, a) / determinant));
  return { mean, inverse, height: weight / total / Math.sqrt((2 * Math.PI) ** 3 * determinant) };
}

function part({ mean, inverse, height }, colour) {
  let squared = 0;
  for (let a = 0; a < 3; a++) for (let b = 0; b < 3; b++) squared += (colour[a] - mean[a]) * inverse[a][b] * (colour[b] - mean[b]);
  return height * Math.exp(-0.5 * squared);
}

const density = (model, colour) => model.reduce((sum, one) => sum + part(one, colour), 0);
