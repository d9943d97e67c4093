/** Concepts on copies of the reference models, as the command line has them: one concept each, taught in two steps. */

import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePicture } from '../../companion/images/decode.ts';
import { openSafetensors, readFloat32 } from '../../companion/tensor/safetensors-file.ts';
import type { WritableTensor } from '../../companion/tensor/safetensors-writer.ts';
import { writeSafetensors } from '../tensor/tensor-files.ts';
import { runInside } from './binary.ts';
import { writeFrames } from './picture-files.ts';

const ROOT = resolve(import.meta.dirname, '../../../shared/golden');
const absent = !existsSync(ROOT);
const golden = (...parts: string[]) => join(ROOT, ...parts);
const UNET = 'diffusion_pytorch_model.safetensors';

describe.skipIf(absent)(`a concept of a reference model${absent ? ` (none at ${ROOT})` : ''}`, () => {
  let home: string;
  let frames: string;
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'likeness-golden-travel-'));
    frames = await writeFrames(home, 1);
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  const run = (...args: string[]) => runInside([...args, '--device', 'cpu', '--threads', '1'], { home });
  const SHORT = ['--steps', '2', '--side', '64', '--batch-size', '1'];

  async function teach(name: string, model: string): Promise<void> {
    const named = ['--name', name, '--class', 'toy', '--model', model];
    const taught = await run('teach', frames, ...named, ...SHORT, '--learning-rate', '0.02');
    expect(taught.exitCode, taught.stderr).toBe(0);
  }

  async function made(name: string, model: string) {
    const out = mkdtempSync(join(home, 'out-'));
    const few = [
      '--count',
      '1',
      '--seed',
      '7',
      '--steps',
      '2',
      '--size',
      '64x64',
      '--no-preview',
      '--mask',
      'full',
    ];
    const { exitCode, stderr } = await run('generate', `@${name}`, ...few, '--out', out, '--model', model);
    const [file] = readdirSync(out);
    const pixels = file === undefined ? undefined : (await decodePicture(join(out, file))).data;
    const warnings = stderr.split('\n').filter((line) => line.includes('taught on'));
    return { exitCode, stderr, pixels, warnings };
  }

  async function expectCopy(name: string, own: Uint8Array, model: string): Promise<void> {
    const copy = await made(name, model);
    expect([copy.exitCode, copy.warnings], copy.stderr).toEqual([0, []]);
    // Halves of weights move a value by one in 255. A median of cells that are alike may fall otherwise: hence no mask.
    const moved = own.map((value, at) => Math.abs(value - copy.pixels![at]!));
    expect(Math.max(...moved)).toBeLessThanOrEqual(2);
  }

  /** One file with the configs that its small widths do not tell. */
  function singleFile(model: string): string {
    const file = join(home, `${model}.safetensors`);
    symlinkSync(golden(model, 'single_file', 'model.safetensors'), file);
    const configs = join(home, `${model}.config`);
    cpSync(golden(model, 'pipeline'), configs, {
      recursive: true,
      filter: (path) => !path.endsWith('.safetensors'),
    });
    return file;
  }

  /** The model with a cross-attention that another training might have left. */
  async function tuned(model: string): Promise<string> {
    const folder = join(home, `${model}-tuned`);
    mkdirSync(join(folder, 'unet'), { recursive: true });
    for (const entry of readdirSync(golden(model, 'pipeline'))) {
      if (entry !== 'unet') symlinkSync(golden(model, 'pipeline', entry), join(folder, entry));
    }
    const source = golden(model, 'pipeline', 'unet');
    symlinkSync(join(source, 'config.json'), join(folder, 'unet', 'config.json'));
    const tensors = new Map<string, WritableTensor>();
    for (const [name, entry] of (await openSafetensors(join(source, UNET))).tensors) {
      const { shape, data } = await readFloat32(entry);
      const isTuned = /attn2\.to_[kv]/.test(name);
      tensors.set(name, { dtype: 'F32', shape, data: isTuned ? data.map((value) => 1.02 * value) : data });
    }
    await writeSafetensors(join(folder, 'unet', UNET), tensors);
    return folder;
  }

  it('of SDXL makes the same picture on the single file and in halves, and one line on another', async () => {
    await teach('aurora', golden('sdxl', 'pipeline'));
    const own = await made('aurora', golden('sdxl', 'pipeline'));
    expect([own.exitCode, own.warnings], own.stderr).toEqual([0, []]);
    for (const copy of [singleFile('sdxl'), golden('sdxl', 'pipeline_fp16')]) {
      await expectCopy('aurora', own.pixels!, copy);
    }
    const other = await made('aurora', await tuned('sdxl'));
    expect([other.exitCode, other.warnings.length], other.stderr).toEqual([0, 1]);
    expect(other.warnings[0]).toContain('on sdxl-tuned it may look different.');
  });

  it('of SDXL is refused by other architectures, with the command that teaches it again', async () => {
    for (const model of ['narrow16', 'sd2']) {
      const refused = await made('aurora', golden(model, 'pipeline'));
      expect(refused.exitCode).toBe(1);
      const [, command] = /teach it again on this one: .*?(teach @aurora --model \S+)\.$/m.exec(
        refused.stderr,
      )!;
      expect(command).toBe(`teach @aurora --model ${golden(model, 'pipeline')}`);
      const again = await run(...command!.split(' '), ...SHORT);
      expect([again.exitCode, again.stderr]).toEqual([0, expect.stringContaining('Taught @aurora')]);
      const works = await made('aurora', golden(model, 'pipeline'));
      expect([works.exitCode, works.warnings], works.stderr).toEqual([0, []]);
    }
  });

  it.each([
    ['nano', 'pipeline_fp16'],
    ['sd2', 'pipeline_fp16'],
    ['inpaint9', 'single_file'],
  ])(
    'of %s makes the same picture on %s',
    async (model, copy) => {
      await teach(model, golden(model, 'pipeline'));
      const own = await made(model, golden(model, 'pipeline'));
      expect([own.exitCode, own.warnings], own.stderr).toEqual([0, []]);
      await expectCopy(model, own.pixels!, copy === 'single_file' ? singleFile(model) : golden(model, copy));
    },
    120_000,
  );
});
