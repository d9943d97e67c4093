import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { openSafetensors } from '../../companion/tensor/safetensors-file.ts';
import { outcomes } from './check.ts';
import { CHECKS } from './checks.ts';
import { GoldenDirectory } from './golden-directory.ts';
import { isFailure } from './report.ts';

const NANO = resolve(import.meta.dirname, '../../../shared/golden/nano');
const MAIN = join(import.meta.dirname, 'main.ts');
const FIRST_BLOCK = 'down_blocks.0.attentions.0';

/** Subjects that one directory alone has, but for nano. */
const OTHERS: Readonly<Record<string, string>> = {
  conditioning: 'sdxl',
  'inpainting, the kept part': 'inpaint9',
  styles: 'sdxl',
};

/** Wrong numbers in what a subject is compared with must be found: [subject, file, array]. */
const WRONG: readonly (readonly [subject: string, file: string, tensor: string])[] = [
  ['token ids', 'text_encoder', 'input_ids'],
  ['text encoder', 'text_encoder', 'hidden_states.1'],
  ['conditioning', 'conditioning', 'empty_pooled'],
  ['noise prediction', 'unet', 'rect_eps'],
  ['UNet activations', 'unet_activations', 'mid_block.resnets.0'],
  ['self-attention', 'unet_attn1_probs', 'mid_block.attentions.0.transformer_blocks.0.attn1'],
  ['cross-attention', 'unet_attn2_probs', 'mid_block.attentions.0.transformer_blocks.0.attn2'],
  ['half precision', 'unet_fp16weights', 'eps'],
  ['projections in the other form', 'unet', 'eps'],
  ['VAE', 'vae', 'logvar'],
  ['tiny VAE', 'taesd', 'decoded'],
  ['noise schedule', 'train_targets', 'velocity'],
  ["trajectories, on the reference's outputs", 'traj_euler_karras', 'latents'],
  ['trajectories, outputs told as of the other kind', 'traj_dpmpp2m', 'latents'],
  ['trajectories, model in the loop', 'traj_pndm', 'timesteps'],
  ['inpainting, the kept part', 'inpaint9_ddim', 'masked_image_latents'],
  ['prompt to picture', 'e2e_ddim', 'image'],
  ['gradients', 'grads', `${FIRST_BLOCK}.proj_out.dA`],
  ['gradients against float64', 'grads_fp64', `${FIRST_BLOCK}.proj_out.dB`],
  ['adapted projections in training', 'grads_taps', `${FIRST_BLOCK}.proj_out.dy`],
  ['AdamW steps', 'adamw', `step5.${FIRST_BLOCK}.proj_out.A`],
  ['localization', 'lag', `${FIRST_BLOCK}.mask`],
  ['LoRA files', 'lag', `${FIRST_BLOCK}.proj_out.B`],
  ['styles', 'style', 'eps'],
];

describe.skipIf(!existsSync(NANO))('a golden check', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'likeness-perturbed-'));
  // Today's token ids are read from there, beside any directory.
  symlinkSync(join(NANO, '..', 'sdxl'), join(scratch, 'sdxl'), 'junction');
  afterAll(() => rmSync(scratch, { recursive: true }));

  it.each(WRONG)('%s: finds one wrong number in %s, %s', async (subject, file, tensor) => {
    const golden = await GoldenDirectory.open(
      await perturbed(scratch, file, tensor, join(NANO, '..', OTHERS[subject] ?? 'nano')),
      { threads: 1 },
    );
    try {
      const failed: string[] = [];
      const check = CHECKS.find((candidate) => candidate.subject === subject)!;
      for await (const outcome of outcomes(check, golden)) if (isFailure(outcome)) failed.push(outcome.check);
      expect(failed).not.toEqual([]);
      expect(failed).not.toContain('stopped by an error');
    } finally {
      await golden.close();
    }
  });

  it('covers every subject that has reference data of its own', () => {
    // GELU is held to a table, a single file to the folder beside it.
    const own = ['exact GELU', 'single file'];
    const subjects = CHECKS.map(({ subject }) => subject).filter((subject) => !own.includes(subject));
    expect(WRONG.map(([subject]) => subject)).toEqual(subjects);
  });

  it('ends non-zero when a comparison fails, names it, and still runs the others', async () => {
    const folder = await perturbed(scratch, 'vae', 'decoded');
    const { code, stdout } = await run(await only(folder, ['vae.safetensors', 'train_targets.safetensors']));
    expect(code).toBe(1);
    expect(stdout).toMatch(/decoded picture .* FAIL/);
    expect(stdout).toMatch(/velocity .* ok/);
    expect(stdout).toMatch(/not run: no golden\/lag\.safetensors/);
    expect(stdout).toMatch(/: 9 checks passed, 1 failed, \d+ could not be run\n$/);
  });

  it('prints a line of JSON a check, and ends with zero when what is there holds', async () => {
    const { code, stdout } = await run(await only(NANO, ['vae.safetensors']), '--json');
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { check: string; ok: boolean });
    expect(lines).toContainEqual(
      expect.objectContaining({ check: 'decoded picture', ok: true, subject: 'VAE' }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ ok: null, reason: 'no golden/unet.safetensors' }));
  });

  it('says in one line that a folder is not there', async () => {
    const { code, stdout, stderr } = await run(join(scratch, 'nowhere'));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^golden: .*nowhere is not there, expected a folder with pipeline\/ and golden\/\n$/,
    );
  });

  /** A directory that has only some of another's golden files. */
  async function only(folder: string, files: readonly string[]): Promise<string> {
    const copy = mkdtempSync(join(scratch, 'only-'));
    symlinkSync(join(folder, 'pipeline'), join(copy, 'pipeline'), 'junction');
    await mkdir(join(copy, 'golden'));
    for (const file of files) cpSync(join(folder, 'golden', file), join(copy, 'golden', file));
    return copy;
  }
});

/** A directory with the first and the last element of one array changed by 1: more than any tolerance, and no other token is meant. */
async function perturbed(scratch: string, file: string, tensor: string, source = NANO): Promise<string> {
  const copy = mkdtempSync(join(scratch, 'wrong-'));
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    if (entry.isDirectory() && entry.name !== 'golden') {
      symlinkSync(join(source, entry.name), join(copy, entry.name), 'junction');
    }
  }
  cpSync(join(source, 'golden'), join(copy, 'golden'), { recursive: true });
  const path = join(copy, 'golden', `${file}.safetensors`);
  const { tensors } = await openSafetensors(path);
  const { dtype, offset, length } = tensors.get(tensor)!;
  const bytes = await readFile(path);
  const size = dtype === 'F32' ? 4 : 8;
  for (const at of new Set([offset, offset + length - size])) {
    if (dtype === 'I64') bytes.writeBigInt64LE(bytes.readBigInt64LE(at) + 1n, at);
    else if (dtype === 'F64') bytes.writeDoubleLE(bytes.readDoubleLE(at) + 1, at);
    else bytes.writeFloatLE(bytes.readFloatLE(at) + 1, at);
  }
  rmSync(path);
  writeFileSync(path, bytes);
  return copy;
}

async function run(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const output = await promisify(execFile)(process.execPath, ['--import', 'tsx', MAIN, ...args]);
    return { code: 0, ...output };
  } catch (cause) {
    const { code, stdout, stderr } = cause as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}
