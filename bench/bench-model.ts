/** BenchModel: a checkpoint on disk, or the UNet of Stable Diffusion 1.5 with random weights. */

import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Graph } from '../companion/graph/graph.ts';
import type { ModelConfig } from '../companion/models/families/registry.ts';
import type { MemoryUse } from '../companion/pipeline/model-sessions.ts';
import { Pipeline } from '../companion/pipeline/pipeline.ts';
import { readRecommendedSettings, type TrainingDefaults } from '../companion/pipeline/settings.ts';
import type { Device } from '../companion/runtime/device.ts';
import { openSession, type Session } from '../companion/runtime/session.ts';
import { locateRandomWeights } from './random-weights.ts';
import { SD15_TOKENS, sd15Weights, sd15With } from './sd15.ts';

/** Choice of a model, in a form that can be handed to another process. */
export type ModelChoice =
  /** `cacheFolder` keeps converted weights for the next time. `latentCells` default to those of the model's own pictures. */
  | { readonly folder: string; readonly cacheFolder?: string; readonly latentCells?: number }
  /** `latentCells` default to those of a 256 px picture. */
  | { readonly sd15Weights: string; readonly latentCells?: number };

export interface BenchModel {
  readonly name: string;
  readonly model: ModelConfig;
  /** True where only the UNet's weights are there. */
  readonly isUnetAlone: boolean;
  /** Tokens of a prompt, L. */
  readonly tokens: number;
  /** Side of the latents to measure at, in cells. */
  readonly latentCells: number;
  /** Image pixels a cell. */
  readonly downscale: number;
  readonly teaching: Pick<TrainingDefaults, 'rank' | 'trainTokenEmbedding'>;
  /** The model's until `close`. */
  open(graph: Graph, options?: MemoryUse): Promise<Session>;
  close(): Promise<void>;
}

/** Latents of a 256 px picture: what teaching on a CPU can afford. */
const SD15_LATENT_CELLS = 32;

export async function openBenchModel(
  choice: ModelChoice,
  threads: number,
  device: Device = 'cpu',
): Promise<BenchModel> {
  return 'folder' in choice ? fromFolder(choice, threads, device) : fromRandom(choice, threads);
}

async function fromFolder(
  { folder, cacheFolder: kept, latentCells }: Extract<ModelChoice, { folder: string }>,
  threads: number,
  device: Device,
): Promise<BenchModel> {
  const cacheFolder = kept ?? (await mkdtemp(join(tmpdir(), 'likeness-bench-')));
  const pipeline = await Pipeline.open(folder, { cacheFolder, threads, device });
  const { teaching } = await readRecommendedSettings(folder);
  let opened = 0;
  return {
    name: modelName(folder),
    model: pipeline.model,
    isUnetAlone: false,
    tokens: pipeline.facts.tokens,
    latentCells: latentCells ?? pipeline.facts.resolution / pipeline.facts.downscale,
    downscale: pipeline.facts.downscale,
    teaching,
    open: (graph, options) => pipeline.session({ key: `bench ${opened++}`, build: () => graph }, options),
    close: async () => {
      await pipeline.close();
      if (kept === undefined) await rm(cacheFolder, { recursive: true });
    },
  };
}

function fromRandom(
  { sd15Weights: file, latentCells = SD15_LATENT_CELLS }: Extract<ModelChoice, { sd15Weights: string }>,
  threads: number,
): BenchModel {
  const locate = locateRandomWeights(file, sd15Weights());
  const sessions: Session[] = [];
  return {
    name: 'SD 1.5 UNet',
    model: sd15With(),
    isUnetAlone: true,
    tokens: SD15_TOKENS,
    latentCells,
    downscale: 8,
    teaching: { rank: { fraction: 0.05, minimum: 1 }, trainTokenEmbedding: false },
    open: async (graph, options) => {
      const session = await openSession(graph, locate, {
        ...options,
        threads,
        cacheFolder: dirname(file),
      });
      sessions.push(session);
      return session;
    },
    close: async () => {
      for (const session of sessions) await session.release();
    },
  };
}

/** The models in the repository, then the reference data beside it. */
export function modelFolders(): string[] {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const models = readdirSync(join(root, 'models'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(root, 'models', name));
  return [...models, join(root, '../shared/golden/narrow16/pipeline')].filter((folder) =>
    existsSync(join(folder, 'model_index.json')),
  );
}

/** Reference checkpoints all lie in a folder called pipeline. */
export function modelName(folder: string): string {
  return basename(folder) === 'pipeline' ? basename(dirname(folder)) : basename(folder);
}
