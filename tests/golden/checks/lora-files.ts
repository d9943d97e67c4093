/** The golden factors as other tools write them, and with the number of dimensions of another kind of layer. */

import { readLora } from '../../../companion/concepts/lora-file.ts';
import type { Check } from '../check.ts';
import { type Comparison, compare, EXACT, worst } from '../comparison.ts';
import { lowRankFactors } from '../low-rank.ts';

const FILES = ['kohya', 'diffusers_old', 'peft', 'kohya_wrong_ndim'];

export const loraFiles: Check = {
  subject: 'LoRA files',
  async *run(golden) {
    const lag = await golden.tensors('lag.safetensors');
    const expected = lowRankFactors(golden, lag, lag.number('scale'));
    for (const name of FILES) {
      const { factors } = await readLora(
        golden.path('lora', `${name}.safetensors`),
        golden.pipeline.adapterSites,
      );
      const parts: Comparison[] = [];
      for (const [path, factor] of expected) {
        const got = factors.get(path);
        parts.push(compare(`${path}, down`, got?.down ?? [], factor.down, EXACT));
        // Some dialects have no place for a scale, and carry it inside `up`.
        const [up, wanted] = [
          scaled(got?.up ?? new Float32Array(), got?.scale ?? 1),
          scaled(factor.up, factor.scale),
        ];
        parts.push(compare(`${path}, scale * up`, up, wanted, EXACT));
      }
      yield worst(name, parts);
    }
  },
};

function scaled(values: Float32Array, scale: number): Float32Array {
  return values.map((value) => value * scale);
}
