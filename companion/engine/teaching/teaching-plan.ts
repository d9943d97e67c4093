/** Teaching plan of a request on a model: its settings, the concept's identifier, and the fingerprint of a saved run. */

import { createHash } from 'node:crypto';
import { LikenessError } from '../../../shared/errors.ts';
import { rankOf } from '../../adapters/factors.ts';
import type { Picture } from '../../images/picture.ts';
import { chooseIdentifiers, isSingleToken } from '../../models/text/identifier.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { TrainingDefaults } from '../../pipeline/settings.ts';
import { availableMemory } from '../../runtime/available-memory.ts';
import { deviceMemory } from '../../runtime/device-memory.ts';
import type { TeachingSettings } from '../../training/memory-plan.ts';
import { nextSmallerPlan, planMemory, type StepBuilder } from '../../training/memory-plan.ts';
import { trainingGraph } from '../../training/training-graph.ts';
import type { TeachRequest } from '../requests.ts';

/** The model's recommendation, what the request changes of it, and how a step fits into memory. */
export function teachingSettings(model: LoadedModel, request: TeachRequest): TeachingSettings {
  const chosen = { ...model.recommended.teaching, ...request.settings };
  requireSide(model, chosen);
  const { freeBytes } = deviceMemory(model) ?? { freeBytes: availableMemory() };
  const memory = planMemory(chosen.batchSize, freeBytes, stepBuilder(model, chosen));
  return { ...chosen, seed: request.seed, memory };
}

/** @throws LikenessError `input` for references that the denoiser cannot halve at every level */
function requireSide({ pipeline: { facts } }: LoadedModel, { side }: TrainingDefaults): void {
  const unit = facts.downscale * facts.latentUnit;
  if (side === undefined || side % unit === 0) return;
  throw new LikenessError('input', `a side of ${side} pixels: this model learns from multiples of ${unit}`, {
    advice: `Use ${Math.max(unit, Math.round(side / unit) * unit)}.`,
  });
}

/** The same for steps that need less memory; undefined when there are none. */
export function smallerSettings(
  model: LoadedModel,
  settings: TeachingSettings,
): TeachingSettings | undefined {
  const memory = nextSmallerPlan(settings.memory, settings.batchSize, stepBuilder(model, settings));
  return memory && { ...settings, memory };
}

function stepBuilder({ pipeline }: LoadedModel, settings: TrainingDefaults): StepBuilder {
  const { model, facts, adapterSites } = pipeline;
  const cells = (settings.side ?? facts.resolution) / facts.downscale;
  const ranks = Object.fromEntries(
    adapterSites.map(({ path, outputs }) => [path, rankOf(settings.rank, outputs)]),
  );
  return ({ microBatchSize, checkpointing }) =>
    trainingGraph({
      ...model,
      tokenEmbedding: settings.trainTokenEmbedding,
      batch: microBatchSize,
      checkpointing,
      rankByTimestep: settings.noisyRankShare < 1,
      height: cells,
      width: cells,
      ranks,
    }).build();
}

/**
 * A rare token for the concept, by its name: concepts of different names mostly get different ones, so that they can
 * meet in a prompt, and the same name always gets the same.
 */
export function identifierFor(
  { pipeline, recommended }: LoadedModel,
  { name, classWord, identifier: earlier }: TeachRequest,
): string {
  const isWhole = (word: string) => pipeline.tokenizers.every((tokenizer) => isSingleToken(tokenizer, word));
  if (earlier !== undefined && isWhole(earlier)) return earlier;
  const preferred = recommended.identifiers;
  const start = createHash('sha256').update(name).digest().readUInt32LE(0) % Math.max(1, preferred.length);
  const [identifier] = chooseIdentifiers(pipeline.tokenizers, {
    count: 1,
    avoid: classWord.split(' '),
    recommended: [...preferred.slice(start), ...preferred.slice(0, start)],
  });
  return identifier!;
}

/**
 * Hash of everything that decides what a run learns. The memory plan does not: it follows what happens to be free, and a
 * run goes on by another one.
 */
export function runFingerprint(
  { identity, precision }: LoadedModel,
  pictures: readonly Picture[],
  { classWord, mirror, identifier }: TeachRequest,
  settings: TeachingSettings,
): string {
  const { memory: _, ...decisive } = settings;
  const hash = createHash('sha256').update(
    JSON.stringify({
      identity,
      classWord,
      mirror,
      identifier,
      settings: decisive,
      ...(precision === 'fp16' && { precision }),
    }),
  );
  for (const { width, height, channels, data } of pictures) {
    hash.update(`${width}x${height}x${channels}`).update(data);
  }
  return hash.digest('hex');
}
