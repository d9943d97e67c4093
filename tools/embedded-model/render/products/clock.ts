import { corner, rod } from '../distance.ts';
import { Paint, type Product } from '../product.ts';

const bodyRadius = (s: readonly number[]) => 0.43 + 0.05 * (s[0] ?? 0);
const middle = (s: readonly number[]) => bodyRadius(s) + 0.1;
const halfDepth = (s: readonly number[]) => 0.19 + 0.045 * (s[2] ?? 0);
const dialRadius = (s: readonly number[]) => bodyRadius(s) * (0.68 + 0.07 * (s[3] ?? 0));
/** How far the dial lies behind the rim. */
const sunk = 0.04;
const bellTurn = 0.62;
const bellSin = Math.sin(bellTurn);
const bellCos = Math.cos(bellTurn);

/** Distance in the plane of the dial to hands and ticks; (x, y) from its middle, in dial radii. Ten past ten. */
function marks(x: number, y: number): number {
  const hour = rod(x, y, 0, 0, 0, 0, -0.4, 0.28, 0, 0.08);
  const minute = rod(x, y, 0, 0, 0, 0, 0.6, 0.35, 0, 0.06);
  // All twelve ticks fold onto two: a long one for the quarters and a short one for the other hours.
  const ax = Math.abs(x);
  const ay = Math.abs(y);
  const u = Math.max(ax, ay);
  const v = Math.min(ax, ay);
  const quarter = corner(Math.abs(u - 0.82) - 0.1, v - 0.045);
  const along = u * 0.866 + v * 0.5;
  const other = corner(Math.abs(along - 0.87) - 0.05, Math.abs(v * 0.866 - u * 0.5) - 0.03);
  return Math.min(hour, minute, quarter, other);
}

export const clock: Product = {
  name: 'clock',
  words: ['alarm clock', 'clock', 'alarm clock'],
  parameters: 4,
  distance(x, y, z, s) {
    const radius = bodyRadius(s);
    const level = middle(s);
    const depth = halfDepth(s);
    const dial = dialRadius(s);
    const dy = y - level;
    const r = Math.sqrt(x * x + dy * dy);
    let body = corner(r - radius + 0.09, Math.abs(z) - depth + 0.09) - 0.09;
    body = Math.max(body, -corner(r - dial, depth - sunk - z));
    // Hands and ticks are slots: their own shade keeps them dark against the dial even on a white clock.
    if (body < 0.03 && r < dial && z > 0) {
      const slot = corner(marks(x / dial, dy / dial) * dial, depth - sunk - 0.11 - z);
      body = Math.max(body, -slot);
    }

    const ax = Math.abs(x);
    const size = 0.2 + 0.03 * (s[1] ?? 0);
    const px = ax - bellSin * (radius + 0.05);
    const py = dy - bellCos * (radius + 0.05);
    const height = px * bellSin + py * bellCos;
    // Below its rim a bell counts as a disc, so that both sides of the corner are at right angles.
    const low = Math.min(0, height);
    const out = Math.sqrt(px * px + py * py + z * z - low * low);
    const bell = corner(out - size + 0.015, -height) - 0.015;
    const tip = radius + 0.05 + size;
    const knob = rod(ax, dy, z, 0, 0, 0, bellSin * tip, bellCos * tip, 0, 0.03);
    const foot = rod(ax, y, z, radius * 0.45, level - radius * 0.8, 0, radius * 0.72, 0.05, 0.02, 0.05);
    const hammer = Math.min(
      rod(ax, dy, z, 0, radius, 0, 0, radius + 0.15, 0, 0.022),
      rod(ax, dy, z, 0, radius + 0.15, 0, 0.05, radius + 0.15, 0, 0.042),
    );
    return Math.min(body, bell, knob, foot, hammer);
  },
  paint(x, y, z, s) {
    const radius = bodyRadius(s);
    const dy = y - middle(s);
    const r = Math.sqrt(x * x + dy * dy);
    const dial = dialRadius(s);
    if (r < dial - 0.004 && z > 0) return marks(x / dial, dy / dial) < 0.01 ? Paint.plain : Paint.trim;
    if (r < radius + 0.01) return Paint.pattern;
    if (dy < 0) return Paint.trim;
    const px = Math.abs(x) - bellSin * (radius + 0.05);
    const py = dy - bellCos * (radius + 0.05);
    const size = 0.2 + 0.03 * (s[1] ?? 0);
    const out = Math.sqrt(px * px + py * py + z * z);
    return px * bellSin + py * bellCos > -0.01 && out > size - 0.02 && out < size + 0.005
      ? Paint.pattern
      : Paint.trim;
  },
  trim: [0.86, 0.85, 0.82],
  across: (x, _y, z) => x + 0.7 * z,
  // Shifted so that the belt of the band pattern crosses the middle.
  up: (_x, y) => y - 0.06,
  stripe: 0.14,
  metres: 0.12,
  bound: { y: 0.58, radius: 0.88 },
  yaw: [-0.7, 0.7],
  fill: [0.64, 0.82],
};
