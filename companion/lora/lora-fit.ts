/** requireFit: a LoRA held to a model's architecture, so that one of another kind of model is refused with both names. */

import { LikenessError } from '../../shared/errors.ts';
import { FOREIGN_LAYERS } from '../models/families/foreign-layers.ts';
import { ARCHITECTURES } from '../models/families/formats.ts';
import type { Architecture } from '../models/family.ts';
import type { SafetensorsFile } from '../tensor/safetensors-file.ts';
import { quoted } from '../tensor/safetensors-header.ts';
import { fittingArchitectures, statedArchitecture } from './lora-origin.ts';

/** Layers that read the text, by whose width kinds of models differ. */
const TEXT_READER = /attn2[._]to_[kv](?:[._]lora)?[._](?:lora_down|lora_A|down)\b/;

/**
 * Architecture that a file is of, by its header, else by its layers; undefined where neither says.
 * Several are given where the file leaves that open.
 */
export function architecturesOf({ metadata, tensors }: SafetensorsFile): readonly Architecture[] {
  const stated = fittingArchitectures(metadata);
  if (stated.length > 0) return stated;
  const widths = new Set(
    [...tensors].flatMap(([name, { shape }]) => (TEXT_READER.test(name) ? [shape[1]] : [])),
  );
  return widths.size === 1 ? ARCHITECTURES.filter(({ contextWidth }) => widths.has(contextWidth)) : [];
}

/** Another kind of model that the names of a file's layers are of; undefined for ours. */
export function foreignKind({ tensors }: SafetensorsFile): string | undefined {
  for (const name of tensors.keys()) {
    const kind = FOREIGN_LAYERS.find(([pattern]) => pattern.test(name))?.[1];
    if (kind !== undefined) return kind;
  }
  return undefined;
}

/** The model that a LoRA is to be merged into. */
export interface TargetModel {
  readonly name: string;
  /** `modelspec.architecture` */
  readonly architecture: string;
}

/**
 * By the header alone, which is read before the layers are.
 * @throws LikenessError `concept-mismatch` where it says another kind of model
 */
export function requireStated(file: SafetensorsFile, model: TargetModel): void {
  const foreign = foreignKind(file);
  if (foreign !== undefined) throw misfit(file, foreign, model);
  const stated = fittingArchitectures(file.metadata);
  if (stated.length === 0 || stated.some((one) => isLike(one, model))) return;
  throw misfit(file, stated[0]!.id, model);
}

/** The reason why layers do not fit, where the file's own kind of model is known and another; else `otherwise`. */
export function misfitOf(file: SafetensorsFile, model: TargetModel, otherwise: LikenessError): LikenessError {
  const found = architecturesOf(file);
  if (found.length > 0 && !found.some((one) => isLike(one, model))) return misfit(file, found[0]!.id, model);
  const stated = statedArchitecture(file.metadata);
  if (found.length > 0 || stated === undefined) return otherwise;
  return misfit(file, quoted(stated), model);
}

/** True where a LoRA of one architecture has the layers of models of the other. */
export function isForArchitecture(lora: string, architecture: string): boolean {
  const own = ARCHITECTURES.find(({ id }) => id === lora);
  return lora === architecture || (own !== undefined && isLike(own, { architecture }));
}

/** Models of one width of text have the same layers, whatever they predict. */
function isLike(
  { id, contextWidth }: Architecture,
  { architecture }: Pick<TargetModel, 'architecture'>,
): boolean {
  const own = ARCHITECTURES.find((one) => one.id === architecture);
  return id === architecture || own?.contextWidth === contextWidth;
}

function misfit({ path }: SafetensorsFile, kind: string, { name, architecture }: TargetModel): LikenessError {
  return new LikenessError(
    'concept-mismatch',
    `${path} is a LoRA for ${kind}, and the model ${name} is of ${architecture}`,
    { advice: 'Use it with a model of its kind, or use a LoRA that was made for this one.' },
  );
}
