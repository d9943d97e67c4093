import { describe, expect, it } from 'vitest';
import { bfloat16ToFloat32, float32ToHalf, halfToFloat32 } from '../../companion/tensor/half.ts';

const ALL_HALVES = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);

/** The definition, in doubles: (-1)^s * 2^(e-15) * (1 + f/1024), or 2^-24 f for subnormals. */
function valueOfHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

/** The float32 next to a finite positive one. */
function neighbour(value: number, step: 1 | -1): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  bits[0] = bits[0]! + step;
  return new Float32Array(bits.buffer)[0]!;
}

const toHalf = (value: number) => float32ToHalf(Float32Array.of(value))[0]!;

describe('half precision', () => {
  it('reads all 65,536 patterns as the values they are defined to be', () => {
    const values = halfToFloat32(ALL_HALVES);
    expect(ALL_HALVES.findIndex((bits) => !Object.is(values[bits], valueOfHalf(bits)))).toBe(-1);
  });

  it('gives every pattern back, and keeps NaNs as NaNs', () => {
    const back = float32ToHalf(halfToFloat32(ALL_HALVES));
    const isNaNPattern = (bits: number) => (bits & 0x7fff) > 0x7c00;
    const faults = ALL_HALVES.filter((bits) => back[bits] !== (isNaNPattern(bits) ? bits | 0x200 : bits));
    expect([...faults]).toEqual([]);
  });

  it('rounds to nearest, ties to even, between any two neighbouring halves', () => {
    const faults: number[] = [];
    for (let low = 0; low < 0x7bff; low++) {
      const tie = (valueOfHalf(low) + valueOfHalf(low + 1)) / 2;
      const even = low % 2 === 0 ? low : low + 1;
      if (toHalf(tie) !== even) faults.push(low);
      if (toHalf(neighbour(tie, -1)) !== low || toHalf(neighbour(tie, 1)) !== low + 1) faults.push(low);
      if (toHalf(-tie) !== (even | 0x8000)) faults.push(low);
    }
    expect(faults).toEqual([]);
  });

  it('becomes infinite from 65520 on', () => {
    expect(toHalf(neighbour(65_520, -1))).toBe(0x7bff);
    expect(toHalf(65_520)).toBe(0x7c00);
    expect(toHalf(-3e38)).toBe(0xfc00);
  });

  it('reads a view that does not start at its buffer', () => {
    const values = Float32Array.of(9, 1, -2).subarray(1);
    expect([...float32ToHalf(values)]).toEqual([0x3c00, 0xc000]);
  });
});

describe('bfloat16', () => {
  it('is the upper half of a float32, for every pattern', () => {
    const bits = new Uint32Array(bfloat16ToFloat32(ALL_HALVES).buffer);
    expect(ALL_HALVES.findIndex((brain) => bits[brain] !== (brain << 16) >>> 0)).toBe(-1);
  });
});
