// GrabCut's energy of a labelling by a procedure that is neither contestant's: each side's colours
// get the five Gaussians that fit them, found in the same way for every labelling, and the boundary
// counts as Rother, Kolmogorov & Blake have it.
//
//   E = sum over pixels p  of -ln p(colour of p | its side's Gaussians)  +  sum over neighbours p, q on different sides  of V(p, q)
//   V = 50 exp(-beta |I_p - I_q|^2) / distance(p, q)     beta = 1 / (2 mean |I_p - I_q|^2)     neighbours: 8

const COMPONENTS = 5;
const GAMMA = 50;
const FLOOR = 0.01; // on every covariance's diagonal
const MOST_ROUNDS = 200;
const SETTLED = 1e-7; // relative change of the likelihood

/**
 * @param {Uint8ClampedArray} rgba
 * @param {number} width
 * @param {ArrayLike<number>} labels   not 0: object
 */
export function neutralEnergy(rgba, width, labels) {
  const count = labels.length;
  let colour = 0;
  for (const object of [false, true]) colour += misfit(colours(rgba, labels, object));

  const neighbours = [
    [1, 0],
    [-1, 1],
    [0, 1],
    [1, 1],
  ];
  const pairs = (visit) => {
    for (let p = 0; p < count; p++) {
      const x = p % width;
      for (const [dx, dy] of neighbours) {
        const q = p + dy * width + dx;
        if (x + dx < 0 || x + dx >= width || q >= count) continue;
        let squared = 0;
        for (let c = 0; c < 3; c++) squared += (rgba[4 * p + c] - rgba[4 * q + c]) ** 2;
        visit(p, q, squared, dx !== 0 && dy !== 0 ? Math.SQRT2 : 1);
      }
    }
  };
  let sum = 0;
  let number = 0;
  pairs((p, q, squared) => {
    sum += squared;
    number++;
  });
  const beta = number / (2 * sum);
  let boundary = 0;
  pairs((p, q, squared, distance) => {
    if (!labels[p] !== !labels[q]) boundary += (GAMMA * Math.exp(-beta * squared)) / distance;
  });
  return colour + boundary;
}

/** The distinct colours of one side, and how often each is there. */
function colours(rgba, labels, object) {
  const times = new Map();
  for (let p = 0; p < labels.length; p++) {
    if (!labels[p] !== object) {
      const key = (rgba[4 * p] << 16) | (rgba[4 * p + 1] << 8) | rgba[4 * p + 2];
      times.set(key, (times.get(key) ?? 0) + 1);
    }
  }
  return [...times]
    .sort(([a], [b]) => a - b)
    .map(([key, weight]) => ({ z: [key >> 16, (key >> 8) & 255, key & 255], weight }));
}

/**
 * `-ln p` of all colours together, after as many rounds of expectation maximisation as it takes.
 */
function misfit(samples) {
  if (samples.length === 0) return 0;
  let model = split(samples).map((cluster) =>
    moments(
      cluster,
      cluster.map(({ weight }) => weight),
    ),
  );
  let last = Infinity;
  for (let round = 0; ; round++) {
    const total = model.reduce((sum, { weight }) => sum + weight, 0);
    const gaussians = model.map((component) => gaussian(component, total));
    const shares = model.map(() => new Float64Array(samples.length));
    let misfit = 0;
    samples.forEach(({ z, weight }, i) => {
      const logs = gaussians.map((log) => log(z));
      const highest = Math.max(...logs);
      let sum = 0;
      for (const log of logs) sum += Math.exp(log - highest);
      misfit -= weight * (highest + Math.log(sum));
      logs.forEach((log, k) => {
        shares[k][i] = (weight * Math.exp(log - highest)) / sum;
      });
    });
    if (last - misfit <= SETTLED * Math.abs(misfit) || round === MOST_ROUNDS) return misfit;
    last = misfit;
    model = shares
      .map((weights) => moments(samples, weights))
      .filter(({ weight }) => weight > 1e-3);
  }
}

/**
 * Five clusters, by cutting the one with the longest axis in two, across that axis at its mean
 * (Orchard & Bouman 1991).
 */
function split(samples) {
  const clusters = [samples];
  while (clusters.length < COMPONENTS) {
    const axes = clusters.map((cluster) =>
      principal(
        moments(
          cluster,
          cluster.map(({ weight }) => weight),
        ),
      ),
    );
    const widest = axes.reduce(
      (best, { variance }, k) => (variance > axes[best].variance ? k : best),
      0,
    );
    const { axis, mean } = axes[widest];
    const side = ({ z }) => axis.reduce((sum, a, c) => sum + a * (z[c] - mean[c]), 0) > 0;
    const parts = [
      clusters[widest].filter(side),
      clusters[widest].filter((sample) => !side(sample)),
    ];
    if (parts.some((part) => part.length === 0)) break;
    clusters.splice(widest, 1, ...parts);
  }
  return clusters;
}

function moments(samples, weights) {
  let weight = 0;
  const mean = [0, 0, 0];
  samples.forEach(({ z }, i) => {
    weight += weights[i];
    for (let c = 0; c < 3; c++) mean[c] += weights[i] * z[c];
  });
  for (let c = 0; c < 3; c++) mean[c] /= weight;
  const covariance = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ];
  samples.forEach(({ z }, i) => {
    for (let a = 0; a < 3; a++)
      for (let b = 0; b < 3; b++)
        covariance[a][b] += (weights[i] * (z[a] - mean[a]) * (z[b] - mean[b])) / weight;
  });
  for (let c = 0; c < 3; c++) covariance[c][c] += FLOOR;
  return { weight, mean, covariance };
}

/** The longest axis, by powers of the covariance. */
function principal({ mean, covariance }) {
  let axis = [1, 0.9, 0.8];
  let variance = 0;
  for (let round = 0; round < 100; round++) {
    const next = covariance.map((row) => row.reduce((sum, value, c) => sum + value * axis[c], 0));
    variance = Math.hypot(...next);
    axis = next.map((value) => value / variance);
  }
  return { axis, variance, mean };
}

/** `z -> ln (w N(z))` */
function gaussian({ weight, mean, covariance: m }, total) {
  const cofactor = (i, j) => {
    const [a, b] = [(i + 1) % 3, (i + 2) % 3];
    const [c, d] = [(j + 1) % 3, (j + 2) % 3];
    return m[a][c] * m[b][d] - m[a][d] * m[b][c];
  };
  const determinant = [0, 1, 2].reduce((sum, j) => sum + m[0][j] * cofactor(0, j), 0);
  const inverse = [0, 1, 2].map((i) => [0, 1, 2].map((j) => cofactor(i, j) / determinant));
  const constant =
    Math.log(weight / total) - 1.5 * Math.log(2 * Math.PI) - 0.5 * Math.log(determinant);
  return (z) => {
    const [r, g, b] = [z[0] - mean[0], z[1] - mean[1], z[2] - mean[2]];
    const [[rr, rg, rb], [, gg, gb], [, , bb]] = inverse;
    return (
      constant -
      0.5 * (rr * r * r + gg * g * g + bb * b * b + 2 * (rg * r * g + rb * r * b + gb * g * b))
    );
  };
}
