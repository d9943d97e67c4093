/**
 * LoraLayers: the tensors of a LoRA file by layer. Only residuals on a model's output projections have a place here. A
 * file with anything else is refused and not read in part, since the part would not look like what its maker saw.
 */

import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import { foreignKind } from '../lora/lora-fit.ts';
import { sitesOfLayers } from '../lora/lora-names.ts';
import { loraParts, type Parts } from '../lora/lora-parts.ts';
import { FORMATS } from '../models/families/formats.ts';
import type { AdapterSite } from '../models/family.ts';
import { readFloat32, type SafetensorsFile } from '../tensor/safetensors-file.ts';
import { quoted, type TensorEntry } from '../tensor/safetensors-header.ts';

/** More than ten times what a model has; keeps a hostile header from costing a read per name. */
export const BLOCKS_MAX = 256;

/** Modules that a concept changes, as people read it. */
const MODULES = [...new Set(FORMATS.map(({ lora }) => lora.modules))].join(', or ');

export interface LoraLayers {
  /** Parts by the path of the adapter site, and the layer's name, with underscores for dots. */
  readonly sites: ReadonlyMap<string, { readonly layer: string; readonly parts: Parts }>;
  /** True where a name is one that peft gives: the scale may then stand elsewhere. */
  readonly isPeft: boolean;
}

/**
 * @param sites the model's, where it is known
 * @throws LikenessError `concept-format` for a file that holds other things, with what they are
 */
export async function loraLayers(
  file: SafetensorsFile,
  sites: readonly AdapterSite[] | undefined,
): Promise<LoraLayers> {
  const foreign = foreignKind(file);
  if (foreign !== undefined) throw refusal(file, `it is a LoRA for ${foreign}`);
  const { layers, unknown, isPeft } = loraParts(file, 'a concept');
  const [other] = unknown;
  if (other !== undefined) {
    throw refusal(file, `tensor ${quoted(other.name)} is no residual on ${MODULES}`);
  }
  const paths = new Set(sites?.map(({ path }) => path));
  const siteOf = sitesOfLayers(
    [...layers.keys()],
    sites === undefined ? undefined : (path) => paths.has(path),
  );
  const found = new Map<string, { layer: string; parts: Parts }>();
  for (const [layer, parts] of layers) {
    const path = siteOf.get(layer);
    if (path === undefined) continue;
    const twin = found.get(path);
    if (twin !== undefined) throw refusal(file, `${twin.layer} and ${layer} are names of one layer, ${path}`);
    found.set(path, { layer, parts });
  }
  await requireNoOthers(
    file,
    [...layers].flatMap(([layer, parts]) => (siteOf.has(layer) ? [] : [parts])),
  );
  if (found.size === 0) throw refusal(file, 'it holds no low-rank residuals, expected some');
  if (found.size > BLOCKS_MAX) {
    throw refusal(file, `it has ${found.size} blocks, expected at most ${BLOCKS_MAX}`);
  }
  return { sites: found, isPeft };
}

/**
 * Pairs that change nothing may stand on any layer: some programs tell a file's base model by the width of one, and a
 * concept that is exported for those has one for that.
 */
async function requireNoOthers(file: SafetensorsFile, others: readonly Parts[]): Promise<void> {
  let first: string | undefined;
  let count = 0;
  for (const { down, up, alpha } of others) {
    const isPair = down !== undefined && up !== undefined;
    if (isPair && count === 0 && ((await isZero(up)) || (await isZero(down)))) continue;
    first ??= (down ?? up ?? alpha)!.name;
    count++;
  }
  if (first === undefined) return;
  const more = count === 1 ? '' : `, nor are those of ${count - 1} other layers`;
  throw new LikenessError(
    'concept-format',
    `${file.path} cannot be used as a concept: tensor ${quoted(first)} is no residual on ${MODULES}${more}`,
    {
      advice: `A concept changes these projections alone. Keep the file as a style (\`${PROGRAM} models add-lora FILE --name NAME --model MODEL\`), or teach the product here from pictures.`,
    },
  );
}

async function isZero(entry: TensorEntry): Promise<boolean> {
  const { data } = await readFloat32(entry);
  return data.every((value) => value === 0);
}

function refusal({ path }: SafetensorsFile, fault: string): LikenessError {
  return new LikenessError('concept-format', `${path} cannot be used as a concept: ${fault}`);
}
