import { seededRandom } from './random.ts';

const side = 64;
const lattice = new Float32Array(side * side);
const random = seededRandom(20240611);
for (let i = 0; i < lattice.length; i++) lattice[i] = random();

/** Smooth value noise in [0, 1), repeating every 64 units. A table, because hashing costs more than the rest. */
export function noise(x: number, y: number): number {
  const i = Math.floor(x);
  const j = Math.floor(y);
  const u = x - i;
  const v = y - j;
  const a = u * u * (3 - 2 * u);
  const b = v * v * (3 - 2 * v);
  const left = i & (side - 1);
  const right = (i + 1) & (side - 1);
  const low = (j & (side - 1)) * side;
  const high = ((j + 1) & (side - 1)) * side;
  const bottom = lattice[low + left]! * (1 - a) + lattice[low + right]! * a;
  const top = lattice[high + left]! * (1 - a) + lattice[high + right]! * a;
  return bottom * (1 - b) + top * b;
}
