/**
 * loraArchitecture: the architecture that a plain LoRA file belongs to, by what trainers write into its header, else by
 * what the person says of it, else the usual one.
 */

import { LikenessError } from '../../shared/errors.ts';
import { ARCHITECTURES, USUAL_ARCHITECTURE } from '../models/families/formats.ts';
import type { Architecture } from '../models/family.ts';
import { quoted } from '../tensor/safetensors-header.ts';

/** ModelSpec's key, with `/lora` behind the name, and kohya's. */
const MODELSPEC_KEY = 'modelspec.architecture';
const TRAINER_KEY = 'ss_base_model_version';

/**
 * @param given an id; undefined where the person says none
 * @throws LikenessError `concept-mismatch` where the header says another one, or none that there is a family for
 */
export function loraArchitecture(
  metadata: Readonly<Record<string, string>>,
  given: string | undefined,
  file: string,
): Architecture {
  const wanted = ARCHITECTURES.find(({ id }) => id === given);
  const stated = metadata[MODELSPEC_KEY] ?? metadata[TRAINER_KEY];
  if (stated === undefined || stated === '') return wanted ?? USUAL_ARCHITECTURE;
  const fitting = fittingArchitectures(metadata);
  if (fitting.length === 0 && wanted !== undefined) return wanted;
  const chosen = wanted === undefined ? fitting[0] : fitting.find(({ id }) => id === wanted.id);
  if (chosen !== undefined) return chosen;
  const expected = wanted?.id ?? ARCHITECTURES.map(({ id }) => id).join(', ');
  throw new LikenessError(
    'concept-mismatch',
    `${file} was made for another kind of model: its header says ${quoted(stated)}, expected ${expected}`,
    {
      advice:
        fitting.length > 0
          ? `Import it without --architecture, or with --architecture ${fitting[0]!.id}.`
          : 'Use a LoRA of a model that Likeness runs; where the header is wrong, say --architecture.',
    },
  );
}

function fittingArchitectures(metadata: Readonly<Record<string, string>>): readonly Architecture[] {
  const id = metadata[MODELSPEC_KEY]?.replace(/\/.*$/, '').trim().toLowerCase();
  const exact = ARCHITECTURES.filter((architecture) => architecture.id === id);
  if (exact.length > 0) return exact;
  const version = metadata[TRAINER_KEY];
  return version === undefined || id !== undefined
    ? []
    : ARCHITECTURES.filter(({ trainerFields }) => isVersion(version, trainerFields[TRAINER_KEY]));
}

/** kohya marks v-prediction by `_v` behind the version: `sd_v2_v`. */
function isVersion(stated: string, known: string | undefined): boolean {
  return known !== undefined && (stated === known || stated === `${known}_v`);
}
