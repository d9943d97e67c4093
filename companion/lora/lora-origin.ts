/**
 * loraArchitecture: the architecture that a plain LoRA file belongs to, by what trainers write into its header, else by
 * what the person says of it, else by the layers that it changes, else the usual one.
 */

import { LikenessError } from '../../shared/errors.ts';
import { ARCHITECTURES, FORMATS, USUAL_ARCHITECTURE } from '../models/families/formats.ts';
import type { Architecture } from '../models/family.ts';
import type { SafetensorsFile } from '../tensor/safetensors-file.ts';
import { quoted } from '../tensor/safetensors-header.ts';
import { parseLoraTensorName, sitesOfLayers } from './lora-names.ts';

/** ModelSpec's key, with `/lora` behind the name, and kohya's. */
const MODELSPEC_KEY = 'modelspec.architecture';
const TRAINER_KEY = 'ss_base_model_version';

/**
 * @param given an id; undefined where the person says none
 * @throws LikenessError `concept-mismatch` where the header says another one, or none that there is a family for
 */
export function loraArchitecture(file: SafetensorsFile, given: string | undefined): Architecture {
  const { metadata, path } = file;
  const wanted = ARCHITECTURES.find(({ id }) => id === given);
  const stated = statedArchitecture(metadata);
  if (stated === undefined) return wanted ?? architectureOfLayers(file) ?? USUAL_ARCHITECTURE;
  const fitting = fittingArchitectures(metadata);
  if (fitting.length === 0 && wanted !== undefined) return wanted;
  const chosen = wanted === undefined ? fitting[0] : fitting.find(({ id }) => id === wanted.id);
  if (chosen !== undefined) return chosen;
  const expected = wanted?.id ?? ARCHITECTURES.map(({ id }) => id).join(', ');
  throw new LikenessError(
    'concept-mismatch',
    `${path} was made for another kind of model: its header says ${quoted(stated)}, expected ${expected}`,
    {
      advice:
        fitting.length > 0
          ? `Import it without --architecture, or with --architecture ${fitting[0]!.id}.`
          : 'Use a LoRA of a model that Likeness runs; where the header is wrong, say --architecture.',
    },
  );
}

/** The first whose published models have all of the layers, in these widths; else in others, as models of a test have. */
function architectureOfLayers(file: SafetensorsFile): Architecture | undefined {
  const widths = siteWidths(file);
  const fits = (isOfWidth: (published: number, width: number) => boolean) =>
    FORMATS.find(({ lora }) =>
      [...widths].every(([path, width]) =>
        lora.publishedSites.some((site) => site.path === path && isOfWidth(site.outputs, width)),
      ),
    );
  return (fits((published, width) => published === width) ?? fits(() => true))?.architectures[0];
}

/** Channels of the adapter sites that a file changes, by path. */
function siteWidths({ tensors }: SafetensorsFile): ReadonlyMap<string, number> {
  const layers = new Map<string, number>();
  for (const { name, shape } of tensors.values()) {
    const parsed = parseLoraTensorName(name);
    if (parsed?.part === 'up') layers.set(parsed.layer, shape[0] ?? 0);
  }
  const sites = sitesOfLayers([...layers.keys()]);
  return new Map([...sites].map(([layer, path]) => [path, layers.get(layer)!]));
}

/** The architecture as the header states it, in whatever words; undefined where it states none. */
export function statedArchitecture(metadata: Readonly<Record<string, string>>): string | undefined {
  return (metadata[MODELSPEC_KEY] ?? metadata[TRAINER_KEY]) || undefined;
}

/** Architectures that the header's words may mean; none where it states none, or another. */
export function fittingArchitectures(metadata: Readonly<Record<string, string>>): readonly Architecture[] {
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
