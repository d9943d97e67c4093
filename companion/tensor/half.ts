/**
 * Conversion of IEEE 754 binary16 and bfloat16 on raw bits: Node 20 has no Float16Array.
 *
 * Everything works on integer views, since passing a NaN through a JavaScript number may change its payload.
 */

const HALF_PATTERNS = 65_536;

/** float32 bits of every half: 256 KB once, and then one look-up a value. */
let floatBitsOfHalf: Uint32Array | undefined;

/** Float32 values of half bits. Exact: every half, subnormal and NaN payload included, is a float32. */
export function halfToFloat32(halves: Uint16Array): Float32Array {
  floatBitsOfHalf ??= Uint32Array.from({ length: HALF_PATTERNS }, (_, half) => expandHalf(half));
  const table = floatBitsOfHalf;
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = table[halves[i]!]!;
  return new Float32Array(bits.buffer);
}

/** Half bits of float32 values, rounded to nearest, ties to even; from 65520 on they become infinite. */
export function float32ToHalf(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) halves[i] = narrowToHalf(bits[i]!);
  return halves;
}

/** Float32 values of bfloat16 bits: they are a float32's upper half. */
export function bfloat16ToFloat32(brains: Uint16Array): Float32Array {
  const bits = new Uint32Array(brains.length);
  for (let i = 0; i < brains.length; i++) bits[i] = brains[i]! << 16;
  return new Float32Array(bits.buffer);
}

function expandHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f800000 | (fraction << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
  if (fraction === 0) return sign >>> 0;
  // A subnormal is fraction * 2^-24; shifting its leading one to bit 10 makes it a normal float32.
  const shift = Math.clz32(fraction) - 21;
  return (sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)) >>> 0;
}

function narrowToHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff); // NaN, kept quiet
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520, halfway past the largest half
  if (magnitude >= 0x38800000) return sign | roundedShift(magnitude - 0x38000000, 13); // 2^-14: normal
  if (magnitude <= 0x33000000) return sign; // 2^-25 is halfway between zero and the smallest half
  return sign | roundedShift((magnitude & 0x7fffff) | 0x800000, 126 - (magnitude >>> 23));
}

/** value / 2^shift, to nearest, ties to even. A carry into the exponent is the right answer. */
function roundedShift(value: number, shift: number): number {
  const quotient = value >>> shift;
  const remainder = value & ((1 << shift) - 1);
  const halfway = 1 << (shift - 1);
  const up = remainder > halfway || (remainder === halfway && (quotient & 1) === 1);
  return up ? quotient + 1 : quotient;
}
