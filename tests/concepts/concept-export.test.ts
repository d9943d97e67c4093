import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportConcept, exportNotes } from '../../companion/concepts/concept-export.ts';
import { readConcept, writeConcept } from '../../companion/concepts/concept-file.ts';
import { readLora } from '../../companion/concepts/lora-file.ts';
import { openSafetensors, readFloat32 } from '../../companion/tensor/safetensors-file.ts';
import { EXPORT_PROGRAMS, type ExportProgram } from '../../shared/protocol/http.ts';
import { smallConcept, writeSmallConcept } from '../library/small-concept.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

const factor = (rank: number, scale: number) => ({
  down: Float32Array.from({ length: rank * 4 }, (_, i) => i + 1),
  up: Float32Array.from({ length: rank * 4 }, (_, i) => 0.5 - i),
  rank,
  channels: 4,
  scale,
});
/** Two ranks and two scales, which some readers take for one. */
const FACTORS = new Map([
  ['down_blocks.0.attentions.0', factor(1, 0.5)],
  ['mid_block.attentions.0', factor(2, 3)],
]);

async function exported(program: ExportProgram, concept = smallConcept('aurora', 1, { factors: FACTORS })) {
  const folder = await scratchFolder();
  const [source, target] = [join(folder, 'aurora.safetensors'), join(folder, 'exported.safetensors')];
  await writeConcept(source, concept);
  await writeFile(target, (await exportConcept(source, program)).bytes);
  return { source, target, file: await openSafetensors(target) };
}

describe('a concept for another program', () => {
  it.each(EXPORT_PROGRAMS)('has the same residuals and facts when it comes back: %s', async (program) => {
    const { source, target } = await exported(program);
    const back = await readConcept(target);
    expect(new Map([...back.factors].sort())).toEqual(FACTORS);
    expect({ ...back, factors: undefined }).toEqual({ ...(await readConcept(source)), factors: undefined });
    expect(new Map([...(await readLora(target)).factors].sort())).toEqual(FACTORS);
  });

  it("has kohya's three tensors a block, as the file itself", async () => {
    const { source, file } = await exported('kohya');
    expect([...file.tensors.keys()]).toEqual([...(await openSafetensors(source)).tensors.keys()]);
  });

  it("has diffusers' names, and ranks and alphas by layer in the header", async () => {
    const { file } = await exported('diffusers');
    expect([...file.tensors.keys()].sort()).toEqual([
      'unet.down_blocks.0.attentions.0.proj_out.lora_A.weight',
      'unet.down_blocks.0.attentions.0.proj_out.lora_B.weight',
      'unet.mid_block.attentions.0.proj_out.lora_A.weight',
      'unet.mid_block.attentions.0.proj_out.lora_B.weight',
    ]);
    expect(JSON.parse(file.metadata.lora_adapter_metadata!)).toMatchObject({
      'unet.rank_pattern': { 'down_blocks.0.attentions.0.proj_out': 1, 'mid_block.attentions.0.proj_out': 2 },
      'unet.alpha_pattern': {
        'down_blocks.0.attentions.0.proj_out': 0.5,
        'mid_block.attentions.0.proj_out': 6,
      },
    });
  });

  it('tells InvokeAI its base model by one pair that changes nothing', async () => {
    const { file } = await exported('invokeai');
    const key = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k';
    const more = [...file.tensors.keys()].filter((name) => !name.includes('proj_out')).sort();
    expect(more).toEqual([`${key}.alpha`, `${key}.lora_down.weight`, `${key}.lora_up.weight`]);
    const down = file.tensors.get(`${key}.lora_down.weight`)!;
    expect(down.shape).toEqual([1, 768]);
    expect((await readFloat32(down)).data.every((value) => value === 0)).toBe(true);
    expect(file.tensors.get(`${key}.lora_up.weight`)!.shape).toEqual([4, 1]);
  });

  it('has the dimensions that its architecture has, whatever the imported file had', async () => {
    const baseModel = { name: 'unknown', architecture: 'stable-diffusion-v1' } as const;
    const concept = smallConcept('aurora', 1, { factors: FACTORS, baseModel, storedAs: 'linear' });
    const { file } = await exported('comfyui', concept);
    const name = 'lora_unet_mid_block_attentions_0_proj_out.lora_down.weight';
    expect(file.tensors.get(name)!.shape).toEqual([2, 4, 1, 1]);
  });
});

it('what stays behind is said, and the words to write', async () => {
  const path = await writeSmallConcept(await scratchFolder(), 'aurora', 1);
  const concept = { ...(await readConcept(path)), hasTokenEmbedding: false };
  const plain = exportNotes(concept).join('\n');
  expect(plain).toContain('Write "zqx bottle"');
  expect(plain).toContain('Masks stay behind');
  expect(plain).not.toContain('embedding');
  const method = { noisyRankShare: 0.5 };
  const learned = exportNotes({ ...concept, method, hasTokenEmbedding: true }, 'diffusers').join('\n');
  expect(learned).toContain('The learned embedding of "zqx" stays behind');
  expect(learned).toContain('rank that falls');
  expect(learned).toContain('0.34');
});
