import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { residentMemory } from '../../bench/resident-memory.ts';
import { sd15With } from '../../bench/sd15.ts';
import { samplingShape } from '../../companion/engine/generation/guided-pass.ts';
import { samplingGraph } from '../../companion/engine/generation/sampling-graph.ts';
import { denoiserMemory } from '../../companion/engine/generation/sampling-plan.ts';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { type LoadedModel, loadModel } from '../../companion/pipeline/loaded-model.ts';
import { Pipeline } from '../../companion/pipeline/pipeline.ts';
import type { LikenessError } from '../../shared/errors.ts';
import { bottlePixels, plannedFor } from './bottle-picture.ts';
import { freeMemory } from './free-memory.ts';

const execute = promisify(execFile);

let cacheFolder: string;
let model: LoadedModel;
const options = () => ({
  model: join(EMBEDDED_MODELS, DEFAULT_MODEL),
  device: 'cpu' as const,
  threads: 1,
  cacheFolder,
});
beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'likeness-sampling-plan-'));
  model = await loadModel(options());
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});
afterAll(async () => {
  await model.pipeline.close();
  await rm(cacheFolder, { recursive: true });
});

const planned = (side: number) => plannedFor(model, side);
const pixels = (side: number) => bottlePixels(model, options(), side);

describe('what a picture is planned with', () => {
  it('keeps sessions open at the own size of the embedded model in half a gigabyte', () => {
    freeMemory(0.5e9);
    expect(planned(128)).toBe('resident');
  });

  it('refuses a size that cannot fit, before any session of it is made, and says what it needs', async () => {
    freeMemory(1e9);
    await expect(pixels(2048)).rejects.toMatchObject({
      code: 'memory',
      message: expect.stringMatching(
        /^a picture of 2048x2048 needs about \d\.\d+ GB of free memory, got 1 GB$/,
      ),
      advice: expect.stringContaining('smaller size'),
    });
    const cells = 2048 / model.pipeline.facts.downscale;
    const decoder = model.pipeline.decoder(cells, cells);
    expect(model.pipeline.has(decoder)).toBe(false);
  });

  it('refuses a picture to start from that cannot be encoded, before its encoder is made', async () => {
    const given = (side: number) => ({
      picture: { width: side, height: side, channels: 3, data: new Uint8Array(3 * side * side) } as const,
    });
    const encoder = (side: number) => model.pipeline.encoder(side, side);
    freeMemory(0.5e9);
    const refused = bottlePixels(model, options(), 2048, { init: given(2048) });
    await expect(refused).rejects.toMatchObject({ code: 'memory' });
    expect(model.pipeline.has(encoder(2048))).toBe(false);
    freeMemory(8e9);
    const roomy = await bottlePixels(model, options(), 256, { init: given(256) });
    await model.pipeline.close();
    freeMemory(80e6);
    expect(await bottlePixels(model, options(), 256, { init: given(256) })).toEqual(roomy);
    expect(model.pipeline.has(encoder(256))).toBe(false);
  });

  it('makes the same picture with one session at a time', async () => {
    freeMemory(8e9);
    const roomy = await pixels(256);
    await model.pipeline.close();
    freeMemory(80e6);
    expect(planned(256)).toBe('sequential');
    expect(await pixels(256)).toEqual(roomy);
  });

  it('keeps a denoiser of mapped weights beside the decoder only where these are a small part of the memory', async () => {
    const pipeline = await Pipeline.open(options().model, { ...options(), weights: 'mapped' });
    const mapped = { ...model, pipeline };
    const cells = 128 / pipeline.facts.downscale;
    const shape = { concepts: [], settings: model.recommended.sampling, height: cells, width: cells };
    const denoiser = samplingGraph(samplingShape(pipeline, shape));
    await pipeline.session(denoiser);
    const { bytes } = pipeline.sessions.weightsOf(denoiser)!;
    freeMemory(3 * bytes);
    expect(plannedFor(mapped, 128)).toBe('resident');
    freeMemory(2 * bytes);
    expect(plannedFor(mapped, 128)).toBe('sequential');
    await pipeline.close();
  });

  it('has a denoiser of gigabytes convolve by Winograd’s form, in as many kernels as fit beside it', () => {
    // Its shapes are all that is asked for: 3.4 GB of weights, 4.4 with the lean kernels and 6.5 with all.
    const denoiser = samplingGraph({ ...sd15With(), guided: true, height: 64, width: 64, concepts: [] });
    const uses = [20, 13, 10].map((gigabytes) => {
      freeMemory(gigabytes * 1e9);
      return denoiserMemory(model, [denoiser], [], 'resident');
    });
    expect(uses).toEqual([{ winograd: 'roomy' }, { winograd: 'lean' }, {}]);
    freeMemory(20e9);
    expect(denoiserMemory(model, [denoiser], [], 'sequential')).toEqual({});
    expect(denoiserMemory({ ...model, device: 'cuda' }, [denoiser], [], 'resident')).toEqual({});
  });

  it('opens a picture’s denoiser as planned', async () => {
    await model.pipeline.close();
    freeMemory(8e9);
    const session = vi.spyOn(model.pipeline, 'session');
    await pixels(128);
    const denoiser = expect.objectContaining({ key: expect.stringMatching(/^sampling/) });
    expect(session).toHaveBeenCalledWith(denoiser, { winograd: 'roomy' });
  });

  it('leaves memory that is not the processor’s alone', () => {
    freeMemory(1e6);
    vi.stubEnv('PATH', cacheFolder);
    expect(plannedFor(model, 128, 'cuda')).toBe('resident');
  });

  it('goes by a card’s own memory, where that is known', () => {
    freeMemory(1e12);
    vi.stubEnv('PATH', cacheFolder);
    const plans = [1e8, 2e8, 3e8, 4e8, 5e8, 6e8, 7e8, 8e8, 9e8, 1e9, 2e9].map((bytes) => {
      try {
        return plannedFor(model, 512, 'cuda', bytes);
      } catch (error) {
        return (error as LikenessError).code;
      }
    });
    expect([...new Set(plans)]).toEqual(['memory', 'sequential', 'resident']);
  });

  it.skipIf(residentMemory() === undefined).each([128, 512])(
    'never asks for more than a run of %i px takes',
    async (side) => {
      const { stdout } = await execute(process.execPath, [
        '--import',
        'tsx',
        fileURLToPath(new URL('sampling-memory-main.ts', import.meta.url)),
        JSON.stringify({ folder: options().model, cacheFolder, side }),
      ]);
      expect(JSON.parse(stdout)).toMatchObject({ plan: expect.stringMatching(/resident|sequential/) });
    },
  );
});
