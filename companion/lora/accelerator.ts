/**
 * Accelerator: a LoRA by which a model makes pictures in few steps, and the settings that it was distilled for. Most were
 * distilled with guidance in them, so that guidance of one's own spoils their pictures.
 */

import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { SAMPLER_NAMES } from '../diffusion/samplers/index.ts';
import { TIMESTEP_SPACINGS } from '../diffusion/spacing.ts';

/** Settings that come with a LoRA, in place of the model's own. */
export const broughtSettingsSchema = z.strictObject({
  steps: z.number().int().min(1).max(1000),
  guidanceScale: z.number().min(1).max(50),
  /** Largest guidance that it works with; absent: any. */
  guidanceMax: z.number().min(1).max(50).exactOptional(),
  sampler: z.enum(SAMPLER_NAMES),
  spacing: z.enum(TIMESTEP_SPACINGS).exactOptional(),
});

export type BroughtSettings = Readonly<z.infer<typeof broughtSettingsSchema>>;

interface Family {
  /** Numbers of steps that there are files for, or that one file serves; the usual one first. */
  readonly steps: readonly number[];
  readonly settings: Omit<BroughtSettings, 'steps'>;
}

const DISTILLED = { guidanceScale: 1, guidanceMax: 1 } as const;

/**
 * By the word that people know them by: Lin et al. 2024 (arXiv 2402.13929), Ren et al. 2024 (2404.13686), Luo et al. 2023
 * (2311.05556; its guidance may be up to 2), Zheng et al. 2024 (2402.19159), Sauer et al. 2023 (2311.17042), Yin et al. 2024
 * (2405.14867). Settings are those of their model cards.
 */
const FAMILIES: Readonly<Record<string, Family>> = {
  lightning: {
    steps: [4, 2, 8],
    settings: { ...DISTILLED, sampler: 'euler', spacing: 'trailing' },
  },
  hyper: {
    steps: [4, 2, 8],
    settings: { ...DISTILLED, sampler: 'ddim', spacing: 'trailing' },
  },
  /** Distilled without guidance in it, which it takes as a usual model does. */
  'hyper-cfg': { steps: [8, 12], settings: { guidanceScale: 5, sampler: 'ddim', spacing: 'trailing' } },
  lcm: { steps: [4, 2, 3, 5, 6, 7, 8], settings: { guidanceScale: 1, guidanceMax: 2, sampler: 'lcm' } },
  tcd: { steps: [4, 2, 3, 5, 6, 7, 8], settings: { ...DISTILLED, sampler: 'tcd' } },
  turbo: {
    steps: [4, 1, 2, 3],
    settings: { ...DISTILLED, sampler: 'euler-ancestral', spacing: 'trailing' },
  },
  dmd2: { steps: [4, 2, 3], settings: { ...DISTILLED, sampler: 'lcm' } },
};

/** Words for `--kind`: the family, with a number of steps where it is not the usual one. */
export const ACCELERATOR_KINDS: readonly string[] = Object.entries(FAMILIES).flatMap(
  ([family, { steps }]) => [family, ...[...steps].sort((a, b) => a - b).map((count) => `${family}-${count}`)],
);

/** Settings of a kind; undefined for a word that is none. */
export function settingsOfKind(kind: string): BroughtSettings | undefined {
  const [, family, count] = /^([a-z0-9-]+?)(?:-(\d+))?$/.exec(kind) ?? [];
  const known = Object.hasOwn(FAMILIES, family ?? '') ? FAMILIES[family!] : undefined;
  const steps = count === undefined ? known?.steps[0] : Number(count);
  if (known === undefined || steps === undefined || !known.steps.includes(steps)) return undefined;
  return { steps, ...known.settings };
}

/** Names that the makers gave their files, and that are passed on with them. */
const FILE_NAMES: readonly (readonly [name: RegExp, kind: (steps: string) => string])[] = [
  [/lightning[-_ ]?(\d+)[-_ ]?step/i, (steps) => `lightning-${steps}`],
  [/^hyper[-_ ]?sd(?:xl|15|\d*).*?(\d+)[-_ ]?steps?[-_ ]?cfg/i, (steps) => `hyper-cfg-${steps}`],
  [/^hyper[-_ ]?sd(?:xl|15|\d*).*?(\d+)[-_ ]?step/i, (steps) => `hyper-${steps}`],
  [/dmd2.*?(\d+)[-_ ]?step/i, (steps) => `dmd2-${steps}`],
  [/(?:^|[-_ ])lcm[-_ ]?lora/i, () => 'lcm'],
  [/(?:^|[-_ ])tcd[-_ ].*lora/i, () => 'tcd'],
  [/(?:^|[-_ ])turbo[-_ ]lora/i, () => 'turbo'],
];

/** The name under which diffusers saves any LoRA: the folder's says more. */
const GENERIC_NAME = 'pytorch_lora_weights';

/**
 * Kind of a file by the name that its maker gave it, or by the title in its header; undefined where neither is certain.
 * A kind that there are no settings for is none.
 */
export function recognisedKind(path: string, metadata: Readonly<Record<string, string>>): string | undefined {
  const file = basename(path).replace(/\.[^.]+$/, '');
  const names = [file, ...(file === GENERIC_NAME ? [basename(dirname(path))] : [])];
  for (const name of [...names, metadata['modelspec.title'], metadata.ss_output_name]) {
    for (const [pattern, kindOf] of FILE_NAMES) {
      const match = pattern.exec(name ?? '');
      const kind = match === null ? undefined : kindOf(match[1] ?? '');
      if (kind !== undefined && settingsOfKind(kind) !== undefined) return kind;
    }
  }
  return undefined;
}

/** `euler (trailing)`, for people. */
export function samplerText({ sampler, spacing }: BroughtSettings): string {
  return spacing === undefined ? sampler : `${sampler} (${spacing})`;
}

/** `4 steps, guidance 1, euler (trailing)`, for people. */
export function settingsText(settings: BroughtSettings): string {
  const { steps, guidanceScale } = settings;
  const count = steps === 1 ? '1 step' : `${steps} steps`;
  return `${count}, guidance ${guidanceScale}, ${samplerText(settings)}`;
}
