/** A finished picture as a PNG file, with the record of how it was made. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Factors } from '../../adapters/factors.ts';
import { encodePng } from '../../images/encode.ts';
import type { GenerationRecord } from '../../images/generation-record.ts';
import type { Picture } from '../../images/picture.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { SamplingSettings } from '../../pipeline/settings.ts';
import { writeFileAtomically } from '../../storage/atomic-file.ts';
import type { GenerateRequest } from '../requests.ts';
import type { MentionedConcept } from './prompt.ts';

export interface MadePicture {
  readonly image: Picture;
  readonly seed: number;
  readonly settings: SamplingSettings;
  readonly mentioned: readonly MentionedConcept[];
}

/** Gives the file's path. @throws LikenessError `storage` */
export async function savePicture(
  folder: string,
  made: MadePicture,
  model: LoadedModel,
  request: GenerateRequest,
): Promise<string> {
  const file = freeName(folder, `${pictureName(request.prompt)}-${made.seed}`);
  await writeFileAtomically(file, await encodePng(made.image, recordOf(made, model, request)));
  return file;
}

/** The same prompt and seed with another mask is a comparison: nothing is written over. */
function freeName(folder: string, stem: string): string {
  for (let copy = 1; ; copy++) {
    const file = join(folder, copy === 1 ? `${stem}.png` : `${stem}-${copy}.png`);
    if (!existsSync(file)) return file;
  }
}

/** Of the prompt's own words, so that a folder of pictures can be read. */
function pictureName(prompt: string): string {
  const words = prompt.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-');
  return words.replaceAll(/^-+|-+$/g, '').slice(0, 60) || 'picture';
}

function recordOf(
  { seed, settings, mentioned }: MadePicture,
  { identity }: LoadedModel,
  request: GenerateRequest,
): GenerationRecord {
  return {
    prompt: request.prompt,
    negativePrompt: request.negativePrompt,
    seed,
    steps: settings.steps,
    sampler: settings.sampler,
    guidance: settings.guidanceScale,
    model: { name: identity.name, ...(identity.hash === undefined ? {} : { sha256: identity.hash }) },
    concepts: mentioned.map(({ concept: { name, factors } }) => ({
      id: conceptId(factors),
      name,
      strength: request.strength,
    })),
    settings: { mask: settings.mask, unconditional: settings.unconditional },
  };
}

/** The residuals' own identity: the same however the file is named. */
function conceptId(factors: Factors): string {
  const hash = createHash('sha256');
  for (const [path, { down, up }] of factors) hash.update(path).update(down).update(up);
  return hash.digest('hex').slice(0, 16);
}
