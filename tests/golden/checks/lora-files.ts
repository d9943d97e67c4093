/** The golden factors as other tools write them, and with the number of dimensions of another kind of layer. */

import { readLora } from '../../../companion/concepts/lora-file.ts';
import type { AdapterSite } from '../../../companion/models/family.ts';
import { openSafetensors } from '../../../companion/tensor/safetensors-file.ts';
import { LikenessError } from '../../../shared/errors.ts';
import type { Check } from '../check.ts';
import { type Comparison, compare, EXACT, verdict, worst } from '../comparison.ts';
import { Absent } from '../golden-tensors.ts';
import { lowRankFactors } from '../low-rank.ts';

const FILES = ['kohya', 'kohya_sgm', 'diffusers_old', 'peft', 'kohya_wrong_ndim'];

export const loraFiles: Check = {
  subject: 'LoRA files',
  async *run(golden) {
    const lag = await golden.tensors('lag.safetensors');
    const expected = lowRankFactors(golden, lag, lag.number('scale'));
    const present = golden.files('lora');
    if (present.length === 0) throw new Absent('no lora/');
    for (const name of FILES.filter((file) => present.includes(`${file}.safetensors`))) {
      const path = golden.path('lora', `${name}.safetensors`);
      if (!(await hasWholePairs(path))) {
        yield await refusal(path, golden.pipeline.adapterSites);
        continue;
      }
      const { factors } = await readLora(path, golden.pipeline.adapterSites);
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

/** True where every pair's inner dimensions fit: its layer is square. */
async function hasWholePairs(path: string): Promise<boolean> {
  const { tensors } = await openSafetensors(path);
  return [...tensors].every(([name, { shape }]) => {
    const up = tensors.get(name.replace('lora_down', 'lora_up'));
    return !name.includes('lora_down') || up?.shape[0] === shape[1];
  });
}

async function refusal(path: string, sites: readonly AdapterSite[]): Promise<Comparison> {
  const check = 'a wrong inner dimension is refused';
  try {
    await readLora(path, sites);
    return verdict(check, false, 'it was read');
  } catch (cause) {
    return verdict(check, cause instanceof LikenessError && cause.code.startsWith('concept-'));
  }
}

function scaled(values: Float32Array, scale: number): Float32Array {
  return values.map((value) => value * scale);
}
