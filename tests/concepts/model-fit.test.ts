import { describe, expect, it } from 'vitest';
import { type FittedConcept, modelFit, requireModelFit } from '../../companion/concepts/model-fit.ts';
import type { ModelTraits } from '../../companion/pipeline/model-traits.ts';
import { float32ToHalf } from '../../companion/tensor/half.ts';

const site = (path: string, channels: number) =>
  ({ path, inputs: channels, outputs: channels, stride: 1, storedAs: 'conv1x1' }) as const;

const VALUES = Float32Array.from({ length: 200 }, (_, index) => Math.sin(index) / 3);
const samplesOf = (values: Float32Array, version = 'v1') =>
  `${version}:${Buffer.from(float32ToHalf(values).buffer).toString('base64')}`;

const MODEL: ModelTraits = {
  identity: { name: 'base', hash: 'ab'.repeat(32), architecture: 'stable-diffusion-v1' },
  samples: samplesOf(VALUES),
  prediction: 'epsilon',
  sites: [site('down_blocks.0.attentions.0', 32), site('mid_block.attentions.0', 64)],
  textWidths: [64],
};
const AURORA: FittedConcept = {
  name: 'aurora',
  baseModel: { name: 'base', hash: 'ab'.repeat(32), architecture: 'stable-diffusion-v1' },
  baseWeights: { samples: samplesOf(VALUES), prediction: 'epsilon' },
  needs: { sites: { 'mid_block.attentions.0': 64 }, textWidths: [64] },
};
const copy = (changes: Partial<ModelTraits>): ModelTraits => ({
  ...MODEL,
  identity: { ...MODEL.identity, name: 'copy', hash: 'cd'.repeat(32) },
  ...changes,
});
const before: FittedConcept = { ...AURORA, baseWeights: undefined };

/** Of a float32's bits, those that bfloat16 has, rounded to nearest. */
const rounded = (values: Float32Array) => {
  const bits = Uint32Array.from(new Uint32Array(values.buffer), (one) => (one + 0x8000) & 0xffff0000);
  return new Float32Array(bits.buffer);
};

describe('a concept and a base model', () => {
  it('are of one model by its hash, or by its weights in any precision', () => {
    expect(modelFit(before, MODEL)).toEqual({ kind: 'same' });
    expect(modelFit(AURORA, copy({}))).toEqual({ kind: 'same' });
    expect(modelFit(AURORA, copy({ samples: samplesOf(rounded(VALUES)) }))).toEqual({ kind: 'same' });
  });

  it('are of two where one weight of many differs, a thousandth at full precision', () => {
    const tuned = VALUES.map((value, index) => (index === 77 ? value * 1.003 : value));
    const note = '@aurora was taught on base; on copy it may look different.';
    expect(modelFit(AURORA, copy({ samples: samplesOf(tuned) }))).toEqual({ kind: 'other', note });
    const alsoRounded = rounded(VALUES.map((value, index) => (index === 77 ? value * 1.02 : value)));
    expect(modelFit(AURORA, copy({ samples: samplesOf(alsoRounded) }))).toEqual({ kind: 'other', note });
    const [one, other] = [rounded(VALUES), rounded(VALUES.map((value) => value * 1.004))];
    const inBrainFloats = { ...AURORA, baseWeights: { ...AURORA.baseWeights!, samples: samplesOf(one) } };
    expect(modelFit(inBrainFloats, copy({ samples: samplesOf(other) }))).toEqual({ kind: 'other', note });
    expect(modelFit(AURORA, copy({ samples: samplesOf(VALUES.slice(1)) }))).toEqual({ kind: 'other', note });
  });

  it('are of two where the same weights predict otherwise', () => {
    expect(modelFit(AURORA, copy({ prediction: 'v' })).kind).toBe('other');
  });

  it('may be of one where nothing tells, and that is said', () => {
    const note = '@aurora was taught on base; unless copy is a copy of it, it may look different.';
    expect(modelFit(before, copy({}))).toEqual({ kind: 'other', note });
    expect(modelFit(AURORA, copy({ samples: undefined }))).toEqual({ kind: 'other', note });
    expect(modelFit(AURORA, copy({ samples: samplesOf(VALUES, 'v2') }))).toEqual({ kind: 'other', note });
    const sameName = { ...MODEL, identity: { ...MODEL.identity, hash: 'cd'.repeat(32) } };
    expect(modelFit({ ...AURORA, baseWeights: undefined }, sameName)).toMatchObject({
      note: '@aurora was taught on another model named base; unless base is a copy of it, it may look different.',
    });
  });

  it('do not fit where the architecture, a projection or the width of the text differs', () => {
    const xl = copy({ identity: { ...MODEL.identity, architecture: 'stable-diffusion-xl-v1-base' } });
    expect(() => requireModelFit(AURORA, xl)).toThrow(
      '@aurora does not fit this model: it was taught on base (stable-diffusion-v1), expected base (stable-diffusion-xl-v1-base)',
    );
    expect(modelFit(AURORA, { ...MODEL, sites: [site('mid_block.attentions.0', 32)] })).toEqual({
      kind: 'none',
      reason: 'it was taught on base; the residual for mid_block.attentions.0 has 64 channels, expected 32',
    });
    expect(modelFit(AURORA, { ...MODEL, textWidths: [64, 128] })).toEqual({
      kind: 'none',
      reason: 'it was taught on base; its word has 64 numbers, expected 64 and 128',
    });
    const untaught = { ...AURORA, needs: { ...AURORA.needs, textWidths: [] } };
    expect(modelFit(untaught, { ...MODEL, textWidths: [64, 128] })).toEqual({ kind: 'same' });
  });

  it('fit by architecture and projections where the concept comes from elsewhere', () => {
    const foreign: FittedConcept = {
      ...AURORA,
      baseModel: { name: 'unknown', architecture: 'stable-diffusion-v1' },
      baseWeights: undefined,
    };
    expect(modelFit(foreign, copy({}))).toEqual({ kind: 'unknown' });
    expect(modelFit(foreign, { ...MODEL, sites: [] }).kind).toBe('none');
  });
});
