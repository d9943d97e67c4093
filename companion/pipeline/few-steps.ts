/**
 * Few steps: the settings of models, and of LoRAs in them, that were distilled to make pictures in a few steps. Most have
 * guidance in them already and give glaring or broken pictures with more of it, so that a limit goes with them.
 */

import { LikenessError } from '../../shared/errors.ts';
import type { Checkpoint } from '../checkpoint/component.ts';
import { type BroughtSettings, recognisedKind, settingsOfKind } from '../lora/accelerator.ts';
import type { LoraUse } from '../lora/merged-checkpoint.ts';
import type { ModelFacts } from '../models/family.ts';
import type { RecommendedSettings } from './settings.ts';

/** A LoRA to be merged, with the settings that the model is used with then. */
export interface LoraRequest extends LoraUse {
  readonly brings?: BroughtSettings | undefined;
}

/** `stabilityai/sdxl-turbo`, `sd_xl_turbo_1.0_fp16`. */
const TURBO = /^(?:stabilityai[/\\])?sd[-_]?(xl)?[-_]?turbo(?:[-_]1\.0)?(?:[-_.]fp16)?$/i;

/** Schedulers that nothing but a model of few steps is published with. */
const SCHEDULER_KINDS: Readonly<Record<string, string>> = { LCMScheduler: 'lcm', TCDScheduler: 'tcd' };

/** diffusers' default where a model is told the guidance (LatentConsistencyModelPipeline). */
const EMBEDDED_GUIDANCE = 8.5;

/** Settings by a model's scheduler or its makers' names for it and its files; undefined for a usual model. */
export function fewStepSettings(
  {
    name,
    modelIndex,
    schedulerConfig,
    components,
  }: Pick<Checkpoint, 'name' | 'modelIndex' | 'schedulerConfig' | 'components'>,
  { embedsGuidance }: Pick<ModelFacts, 'embedsGuidance'>,
): BroughtSettings | undefined {
  const kind = SCHEDULER_KINDS[String(schedulerConfig._class_name)];
  // Nothing but a model distilled for few steps is told it, whatever scheduler its folder was given.
  if (embedsGuidance) {
    const { guidanceMax: _, ...settings } = settingsOfKind(kind ?? 'lcm')!;
    return { ...settings, guidanceScale: EMBEDDED_GUIDANCE };
  }
  if (kind !== undefined) return settingsOfKind(kind);
  const turbo = [name, String(modelIndex._name_or_path)].map((one) => TURBO.exec(one)).find(Boolean);
  const files = [...components.values()].flatMap(({ weights }) => weights.files);
  const named = [name, ...files].map((one) => recognisedKind(one, {})).find((one) => one !== undefined);
  if (!turbo) return named === undefined ? undefined : settingsOfKind(named);
  const settings = settingsOfKind('turbo')!;
  // The smaller one comes with plain Euler steps.
  return turbo[1] === undefined ? { ...settings, sampler: 'euler' } : settings;
}

/** Words that people put into the names of models that they mixed with one distilled for few steps. */
const DISTILLED_WORD = /lightning|turbo|(?<![a-z])lcm(?![a-z])|dmd2|hyper[-_ ]?(?:sd|xl)/i;

/** More than models of few steps take. */
const FEW_STEPS_MAX = 12;

/** A line on a model whose name says few steps and whose settings do not: every maker recommends others. */
export function fewStepNotes(name: string, { sampling }: RecommendedSettings): readonly string[] {
  const word = DISTILLED_WORD.exec(name)?.[0];
  if (word === undefined || sampling.steps <= FEW_STEPS_MAX) return [];
  return [
    `The model's name says ${word}: if it was made for few steps, use about 6 steps and a guidance of 1 to 2, as its maker says.`,
  ];
}

/** The last LoRA that brings settings decides. */
export function withBrought(
  recommended: RecommendedSettings,
  loras: readonly LoraRequest[],
): RecommendedSettings {
  const brought = loras.findLast(({ brings }) => brings !== undefined)?.brings;
  return brought === undefined
    ? recommended
    : { ...recommended, sampling: { ...recommended.sampling, ...brought } };
}

export function guidanceLimitsOf(
  name: string,
  { sampling: { guidanceMax } }: RecommendedSettings,
  loras: readonly LoraRequest[],
): readonly GuidanceLimit[] {
  const limits = [
    { name, max: guidanceMax },
    ...loras.map((one) => ({ name: one.name, max: one.brings?.guidanceMax })),
  ];
  return limits.filter((limit): limit is GuidanceLimit => limit.max !== undefined);
}

export interface GuidanceLimit {
  /** Model or LoRA that has it. */
  readonly name: string;
  readonly max: number;
}

/** @throws LikenessError `input`, with what limits it */
export function requireGuidance(guidanceScale: number, limits: readonly GuidanceLimit[]): void {
  const least = limits.reduce<GuidanceLimit | undefined>(
    (lowest, one) => (lowest === undefined || one.max < lowest.max ? one : lowest),
    undefined,
  );
  if (least === undefined || guidanceScale <= least.max) return;
  const { name, max } = least;
  throw new LikenessError(
    'input',
    `guidance ${guidanceScale} with ${name}: it was distilled with guidance in it, expected at most ${max}`,
    { advice: `Use guidance ${max}, or leave it as recommended: more of it spoils the pictures.` },
  );
}
