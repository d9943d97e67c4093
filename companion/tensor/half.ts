/**
 * Conversion of IEEE 754 binary16, bfloat16 and the eight-bit floats E4M3FN and E5M2 (Micikevicius et al. 2022, arXiv
 * 2209.05433) on raw bits: Node 20 has no Float16Array.
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

/** float32 bits of every E4M3FN byte. */
let floatBitsOfE4m3: Uint32Array | undefined;

/** Float32 values of E4M3FN bytes: four bits of exponent, biased by 7, no infinities, NaN where all other bits are ones. */
export function e4m3ToFloat32(bytes: Uint8Array): Float32Array {
  floatBitsOfE4m3 ??= new Uint32Array(
    Float32Array.from({ length: 256 }, (_, byte) => expandE4m3(byte)).buffer,
  );
  const table = floatBitsOfE4m3;
  return new Float32Array(Uint32Array.from(bytes, (byte) => table[byte]!).buffer);
}

/** Float32 values of E5M2 bytes: they are a half's upper byte. */
export function e5m2ToFloat32(bytes: Uint8Array): Float32Array {
  return halfToFloat32(Uint16Array.from(bytes, (byte) => byte << 8));
}

function expandE4m3(byte: number): number {
  const sign = byte & 0x80 ? -1 : 1;
  const exponent = (byte >>> 3) & 0xf;
  const fraction = byte & 7;
  if (exponent === 0xf && fraction === 7) return Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -9 : sign * (8 + fraction) * 2 ** (exponent - 10);
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
