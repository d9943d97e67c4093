/**
 * Two-colour patterns over surface coordinates measured in stripe widths: u across, v up.
 * They say which share of the second colour a point takes: 0 or 1.
 */
export interface Pattern {
  readonly name: string;
  /** Words a caption may use; a family without words can be learned from pictures alone. */
  readonly worded: boolean;
  second(u: number, v: number): 0 | 1;
}

/** Order is part of the data format: labels are indexes into this list. */
export const patterns: readonly Pattern[] = [
  { name: 'plain', worded: true, second: () => 0 },
  { name: 'stripes', worded: true, second: (_u, v) => odd(Math.floor(v)) },
  {
    name: 'dots',
    worded: true,
    second(u, v) {
      const row = Math.floor(v / 2.1 + 0.3);
      const a = u / 2.1 + (row & 1) * 0.5;
      const du = a - Math.floor(a) - 0.5;
      const dv = v / 2.1 + 0.3 - row - 0.5;
      return du * du + dv * dv < 0.11 ? 1 : 0;
    },
  },
  { name: 'checks', worded: true, second: (u, v) => odd(Math.floor(u / 1.2 + 0.5) + Math.floor(v / 1.2)) },
  // One wide belt. Its height in stripes suits products of five to nine stripes.
  { name: 'band', worded: false, second: (_u, v) => (v > 2.3 && v < 4.4 ? 1 : 0) },
  {
    name: 'zigzag',
    worded: false,
    second(u, v) {
      const a = u / 2.6;
      const wave = Math.abs(a - Math.floor(a) - 0.5) * 2;
      const b = v / 2.2 + wave * 0.55;
      return b - Math.floor(b) > 0.5 ? 1 : 0;
    },
  },
  { name: 'vertical stripes', worded: true, second: (u) => odd(Math.floor(u / 1.1 + 0.5)) },
  {
    name: 'grid lines',
    worded: true,
    second: (u, v) => (near(u / 1.9 + 0.5) < 0.13 || near(v / 1.9) < 0.13 ? 1 : 0),
  },
];

/** Distance to the nearest whole number. */
function near(v: number): number {
  return Math.abs(v - Math.round(v));
}

function odd(n: number): 0 | 1 {
  return (n & 1) as 0 | 1;
}
