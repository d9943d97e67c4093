import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { componentWeights } from '../../bench/full-size/random-checkpoint.ts';
import { sgmNames } from '../../bench/full-size/sgm-names.ts';
import { writeRandomWeights } from '../../bench/random-weights.ts';
import { openSafetensors, readFloat32 } from '../../companion/tensor/safetensors-file.ts';
import { elementCount } from '../../companion/tensor/tensor.ts';
import { GOLDEN } from '../checkpoint/golden-folder.ts';

const NAMES = join(GOLDEN, 'sdxl_full/names.json');
type Named = Record<string, Record<string, { shape: number[]; original?: string }>>;

describe('random checkpoints of real size', () => {
  it.each([
    ['sd15', 'unet', 859_520_964],
    ['sdxl', 'unet', 2_567_463_684],
    ['sdxl', 'text_encoder_2', 694_659_840],
  ] as const)('%s: %s has the parameters of the published one', (kind, component, parameters) => {
    const shapes = componentWeights(kind)
      .get(component)!
      .map(({ shape }) => elementCount(shape));
    expect(shapes.reduce((sum, count) => sum + count, 0)).toBe(parameters);
  });

  it.skipIf(!existsSync(NAMES))(
    'has every tensor of the published SDXL, with its shape, in both forms',
    () => {
      const { _: __, ...published } = JSON.parse(readFileSync(NAMES, 'utf8')) as Named;
      const ours = componentWeights('sdxl');
      const inFile = new Set(sgmNames(ours).map(({ name }) => name));
      for (const [component, tensors] of Object.entries(published)) {
        const known = new Map(ours.get(component)!.map(({ name, shape }) => [name, shape]));
        expect([...known.keys()].sort()).toEqual(Object.keys(tensors).sort());
        for (const [name, { shape, original }] of Object.entries(tensors)) {
          expect(known.get(name)).toEqual(shape);
          // OpenCLIP has three projections in one, `in_proj_weight[1/3]`, and another transposed.
          if (original !== undefined) expect(inFile).toContain(original.replace(/[^\w.].*/, ''));
        }
      }
    },
  );

  it('are halves that neither overflow nor vanish, also beyond one chunk', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'likeness-random-weights-'));
    const file = join(folder, 'weights.safetensors');
    const weights = [
      { name: 'norm.weight', shape: [32] },
      { name: 'conv.weight', shape: [1300, 900, 1, 1] },
      { name: 'alike.weight', shape: [1300, 900, 1, 1] },
    ];
    await writeRandomWeights(file, weights, () => {}, 'F16');
    const { tensors } = await openSafetensors(file);
    const scale = (await readFloat32(tensors.get('norm.weight')!)).data;
    expect(scale.every((value) => value === 1)).toBe(true);
    const { data } = await readFloat32(tensors.get('conv.weight')!);
    const squares = data.reduce((sum, value) => sum + value * value, 0);
    expect((900 * squares) / data.length).toBeCloseTo(1, 1);
    const alike = (await readFloat32(tensors.get('alike.weight')!)).data;
    expect(alike).not.toEqual(data);
    await rm(folder, { recursive: true });
  });
});
