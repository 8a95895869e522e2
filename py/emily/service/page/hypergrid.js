/** The 8^4 hypergrid (Bengio et al. 2021, NeurIPS: Flow Network based Generative Models) on a square. */

export const SIDE = 8;
export const EDGE = SIDE * SIDE;

/** Where a cell stands on the square of 64 x 64, or null: the first two coordinates go right, the others down. */
export function place(cell) {
  if (!Array.isArray(cell) || cell.length !== 4) return null;
  if (!cell.every((c) => Number.isInteger(c) && c >= 0 && c < SIDE)) return null;
  const [a, b, c, d] = cell;
  return { x: a * SIDE + b, y: c * SIDE + d };
}

const far = (c) => Math.abs(c / (SIDE - 1) - 0.5);

/** What the reward's two products say of a cell: 2 is one of the 16 modes, 1 the plateau around, 0 the rest. */
export function rank(cell) {
  if (cell.every((c) => far(c) > 0.3 && far(c) < 0.4)) return 2;
  return cell.every((c) => far(c) > 0.25) ? 1 : 0;
}

/** Every cell of the grid. */
export function* cells() {
  for (let i = 0; i < SIDE ** 4; i += 1) {
    yield [(i >> 9) & 7, (i >> 6) & 7, (i >> 3) & 7, i & 7];
  }
}
