import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { TeachRequest } from '../../companion/engine/requests.ts';
import { runFingerprint, teachingSettings } from '../../companion/engine/teaching/teaching-plan.ts';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { type LoadedModel, loadModel } from '../../companion/pipeline/loaded-model.ts';
import { freeMemory } from './free-memory.ts';

let cacheFolder: string;
let model: LoadedModel;
beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'likeness-plan-'));
  model = await loadModel({ model: join(EMBEDDED_MODELS, DEFAULT_MODEL), device: 'cpu', cacheFolder });
});
afterAll(async () => {
  await model.pipeline.close();
  await rm(cacheFolder, { recursive: true });
});
afterEach(() => vi.restoreAllMocks());

const request = (steps: number) =>
  ({ name: 'aurora', classWord: 'mug', mirror: false, seed: 0, settings: { steps } }) as TeachRequest;

function plannedWith(freeBytes: number, steps = 300) {
  freeMemory(freeBytes);
  const settings = teachingSettings(model, request(steps));
  return { settings, fingerprint: runFingerprint(model, [], request(steps), settings) };
}

it('knows a saved run again when another amount of memory is free', () => {
  const [roomy, short] = [plannedWith(8e9), plannedWith(180e6)];
  expect(roomy.settings.memory).toMatchObject({ microBatchSize: 4, checkpointing: 'none' });
  expect(short.settings.memory).toMatchObject({ microBatchSize: 2, checkpointing: 'none' });
  expect(plannedWith(120e6).settings.memory).toMatchObject({ microBatchSize: 1, checkpointing: 'blocks' });
  expect(short.fingerprint).toBe(roomy.fingerprint);
  expect(plannedWith(8e9, 301).fingerprint).not.toBe(roomy.fingerprint);
});
