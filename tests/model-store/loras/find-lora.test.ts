import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findLora } from '../../../companion/model-store/loras/find-lora.ts';
import { dataFolders } from '../../../companion/storage/folders.ts';
import { scratchFolder } from '../../storage/scratch-folder.ts';
import { writeRawSafetensors } from '../../tensor/tensor-files.ts';

const factor = { dtype: 'F32', shape: [1, 4], bytes: new Uint8Array(16) };
const PAIR = {
  'lora_unet_conv_in.lora_down.weight': factor,
  'lora_unet_conv_in.lora_up.weight': { ...factor, shape: [4, 1] },
};

it('finds a LoRA by its file, its name, or the name of a pull, with a weight behind a colon', async () => {
  const folders = dataFolders({ LIKENESS_HOME: await scratchFolder() });
  const [stored, pulled] = [join(folders.loras, 'brand.safetensors'), join(folders.models, 'lcm-lora-sdxl')];
  for (const folder of [folders.loras, pulled]) mkdirSync(folder, { recursive: true });
  await writeRawSafetensors(stored, PAIR);
  await writeRawSafetensors(join(pulled, 'pytorch_lora_weights.safetensors'), PAIR);
  expect(await findLora('brand', folders)).toEqual({ name: 'brand', path: stored, weight: 1 });
  expect(await findLora('Brand:.5', folders)).toMatchObject({ path: stored, weight: 0.5 });
  expect(await findLora(`${stored}:-1`, folders)).toMatchObject({ name: 'brand', weight: -1 });
  expect(await findLora('lcm-lora-sdxl:0.9', folders)).toMatchObject({
    name: 'lcm-lora-sdxl',
    weight: 0.9,
    brings: { steps: 4, sampler: 'lcm' },
  });
});

it('takes no model for a LoRA, and says which there are', async () => {
  const folders = dataFolders({ LIKENESS_HOME: await scratchFolder() });
  const model = join(folders.models, 'mine');
  mkdirSync(model, { recursive: true });
  writeFileSync(join(model, 'model_index.json'), '{}');
  await writeRawSafetensors(join(model, 'extra.safetensors'), PAIR);
  await expect(findLora('mine', folders)).rejects.toMatchObject({
    code: 'concept-unknown',
    message: 'no LoRA is named mine; there are none',
  });
  await expect(findLora('..', folders)).rejects.toMatchObject({ code: 'concept-unknown' });
});
