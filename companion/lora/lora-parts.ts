/** LoraParts: the tensors of a LoRA file by layer, under the names of any program. Adapters of other kinds are refused by name. */

import { LikenessError } from '../../shared/errors.ts';
import type { LoraPart } from '../models/family.ts';
import type { SafetensorsFile } from '../tensor/safetensors-file.ts';
import { quoted, type TensorEntry } from '../tensor/safetensors-header.ts';
import { parseLoraTensorName } from './lora-names.ts';

export type Parts = Partial<Record<LoraPart, TensorEntry>>;

export interface LoraParts {
  /** Parts by the layer's name, with underscores for dots. */
  readonly layers: ReadonlyMap<string, Parts>;
  /** Tensors whose names are of no known adapter. */
  readonly unknown: readonly TensorEntry[];
  /** True where a name is one that peft gives: the scale may then stand elsewhere. */
  readonly isPeft: boolean;
}

/**
 * @param use of the file, for errors: "a concept"
 * @throws LikenessError `concept-format` for a file of another kind, without tensors, or with a part of a layer twice
 */
export function loraParts(file: SafetensorsFile, use: string): LoraParts {
  if (file.tensors.size === 0) throw unusable(file, use, 'it holds no tensors, expected low-rank residuals');
  const layers = new Map<string, Parts>();
  const unknown: TensorEntry[] = [];
  let hasPeftNames = false;
  for (const entry of file.tensors.values()) {
    const name = parseLoraTensorName(entry.name);
    if (name === undefined) {
      unknown.push(entry);
      continue;
    }
    const { layer, part, kind, isPeft } = name;
    if (part === undefined) {
      const fault = `it is ${kind}, by the tensor ${quoted(entry.name)}`;
      throw unusable(file, use, fault, {
        advice: 'Save it as a plain LoRA, with lora_down and lora_up, where its program can do that.',
      });
    }
    hasPeftNames ||= isPeft;
    const parts = layers.get(layer) ?? {};
    const other = parts[part];
    if (other !== undefined) {
      const [one, two] = [quoted(other.name), quoted(entry.name)];
      throw unusable(file, use, `${one} and ${two} are the same part of one layer`);
    }
    parts[part] = entry;
    layers.set(layer, parts);
  }
  return { layers, unknown, isPeft: hasPeftNames };
}

function unusable(
  { path }: SafetensorsFile,
  use: string,
  fault: string,
  details: { readonly advice?: string } = {},
): LikenessError {
  return new LikenessError('concept-format', `${path} cannot be used as ${use}: ${fault}`, details);
}
