/**
 * LoRA store: styles and accelerators that people have added, each a .safetensors file in the data folder with a JSON of its
 * facts beside it. A file that was put there by hand has the facts that it says of itself.
 */

import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import { LORA_WEIGHT_MAX, LORA_WEIGHT_MIN } from '../../../shared/protocol/limits.ts';
import { issueText } from '../../../shared/protocol/zod.ts';
import { singleFileName } from '../../checkpoint/single-file.ts';
import { broughtSettingsSchema, recognisedKind, settingsOfKind } from '../../lora/accelerator.ts';
import { readFactor } from '../../lora/layer-update.ts';
import { architecturesOf, foreignKind } from '../../lora/lora-fit.ts';
import { loraParts } from '../../lora/lora-parts.ts';
import { openLora } from '../../lora/merged-checkpoint.ts';
import { makeFolder, streamFileAtomically, writeFileAtomically } from '../../storage/atomic-file.ts';
import { DEVICE_NAME } from '../../storage/blob-store.ts';
import { requireFreeSpace } from '../../storage/disk-space.ts';
import type { DataFolders } from '../../storage/folders.ts';
import { readJsonObject } from '../../storage/json-file.ts';
import { systemFault } from '../../storage/system-fault.ts';
import { readRange, type SafetensorsFile, withFile } from '../../tensor/safetensors-file.ts';
import { listAccelerators, SUPPORTED_MODELS } from '../catalogue.ts';

const SUFFIX = '.safetensors';

/** Copied at a time. */
const COPY_BYTES = 2 ** 24;

const factsSchema = z.object({
  schema: z.literal(1),
  /** `modelspec.architecture` of the models that it fits; null where neither file nor person says it. */
  architecture: z.string().nullable(),
  /** Usual weight. */
  weight: z.number().min(LORA_WEIGHT_MIN).max(LORA_WEIGHT_MAX),
  /** Word by which it brings its settings; absent for a style. */
  kind: z.string().exactOptional(),
  brings: broughtSettingsSchema.exactOptional(),
});

export type StoredLoraFacts = Readonly<z.infer<typeof factsSchema>>;

export interface StoredLora extends StoredLoraFacts {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** A LoRA of the store that cannot be used. */
export interface DamagedLora {
  readonly name: string;
  readonly path: string;
  readonly fault: LikenessError;
}

/** Folder of those that people add, and of models, among which are the accelerators that a pull brings. */
type LoraFolders = Pick<DataFolders, 'loras'> & Partial<Pick<DataFolders, 'models'>>;

/** By name. A folder that is not there has none. */
export async function listLoras({
  loras,
  models,
}: LoraFolders): Promise<readonly (StoredLora | DamagedLora)[]> {
  const entries = await readdir(loras).catch(() => []);
  const found: (StoredLora | DamagedLora)[] = [];
  for (const entry of entries.sort()) {
    const name = entry.startsWith('.') ? undefined : singleFileName(entry);
    if (name === undefined) continue;
    const path = join(loras, entry);
    try {
      const { size } = await stat(path);
      found.push({ name, path, sizeBytes: size, ...(await factsOf(path, join(loras, `${name}.json`))) });
    } catch (cause) {
      // A link that leads nowhere, or a file that may not be read, is as unusable as a damaged one.
      const fault = systemFault(cause);
      if (!(fault instanceof LikenessError)) throw fault;
      found.push({ name, path, fault });
    }
  }
  return models === undefined ? found : [...found, ...(await pulledLoras(models))];
}

/** Accelerators that a pull has brought. */
async function pulledLoras(models: string): Promise<readonly (StoredLora | DamagedLora)[]> {
  const found: (StoredLora | DamagedLora)[] = [];
  for (const { name, file: path } of await listAccelerators({ models })) {
    try {
      const file = await openLora(path);
      found.push({ name, path, sizeBytes: file.sizeBytes, ...ownFacts(file, path) });
    } catch (fault) {
      if (!(fault instanceof LikenessError)) throw fault;
      found.push({ name, path, fault });
    }
  }
  return found;
}

async function factsOf(path: string, facts: string): Promise<StoredLoraFacts> {
  const file = await openLora(path);
  if ((await stat(facts).catch(() => undefined)) === undefined) return ownFacts(file, path);
  const parsed = factsSchema.safeParse(await readJsonObject(facts));
  if (parsed.success) return parsed.data;
  throw new LikenessError('concept-format', `${facts}: ${issueText(parsed.error)}`, {
    advice: 'Remove that file, and add the LoRA again.',
  });
}

/** Facts that a file says of itself: its kind by its maker's name for it, its architecture by its header or its layers. */
export function ownFacts(file: SafetensorsFile, path: string): StoredLoraFacts {
  const kind = recognisedKind(path, file.metadata);
  const brings = kind === undefined ? undefined : settingsOfKind(kind);
  return {
    schema: 1,
    architecture: architecturesOf(file)[0]?.id ?? null,
    weight: 1,
    ...(kind !== undefined && brings !== undefined && { kind, brings }),
  };
}

export interface AddedLora {
  readonly name: string;
  readonly weight?: number | undefined;
  /** Undefined: by the file's name; null: a style, whatever the name says. */
  readonly kind?: string | null | undefined;
  /** Architecture of a model that its layers were held to; undefined: by the file. */
  readonly architecture?: string | undefined;
}

/**
 * Checks a file whole and copies it into the store.
 * @throws LikenessError `concept-format` for what is no plain LoRA or holds numbers that are not finite, `concept-mismatch` for
 *   one of a kind of model that there is none of, `input` for a name that is taken or no model's kind that is known, `storage`
 */
export async function addLora(
  given: string,
  { name, weight = 1, kind, architecture }: AddedLora,
  { loras }: Pick<DataFolders, 'loras'>,
): Promise<StoredLora> {
  const source = resolve(given);
  const file = await openLora(source);
  await requireSound(file);
  await requireFreeName(name, loras);
  const own = ownFacts(file, source);
  const chosenKind = kind === undefined ? own.kind : (kind ?? undefined);
  const brings = chosenKind === undefined ? undefined : settingsOfKind(chosenKind);
  const facts: StoredLoraFacts = {
    schema: 1,
    architecture: architecture ?? own.architecture,
    weight,
    ...(chosenKind !== undefined && brings !== undefined && { kind: chosenKind, brings }),
  };
  if (facts.architecture === null) {
    throw new LikenessError('input', `${given} does not say which kind of model it is for`, {
      advice: 'Name a model of its kind with --model.',
    });
  }
  await makeFolder(loras);
  await requireFreeSpace(loras, file.sizeBytes);
  const path = join(loras, name + SUFFIX);
  // Facts first: once the file is there, so are they.
  await writeFileAtomically(join(loras, `${name}.json`), `${JSON.stringify(facts, null, 2)}\n`);
  await streamFileAtomically(path, (output) =>
    withFile(file.path, async (input) => {
      for (let done = 0; done < file.sizeBytes; done += COPY_BYTES) {
        const bytes = await readRange(input, file.path, done, Math.min(COPY_BYTES, file.sizeBytes - done));
        await output.writeFile(bytes);
      }
    }),
  );
  return { name, path, sizeBytes: file.sizeBytes, ...facts };
}

/** Reads every factor. @throws LikenessError `concept-format`, `concept-mismatch` */
async function requireSound(file: SafetensorsFile): Promise<void> {
  const foreign = foreignKind(file);
  if (foreign !== undefined) {
    throw new LikenessError('concept-mismatch', `${file.path} is a LoRA for ${foreign}`, {
      advice: `Use a LoRA for ${SUPPORTED_MODELS}.`,
    });
  }
  const { layers } = loraParts(file, 'a LoRA');
  const pairs = [...layers.values()].filter(({ up, down }) => up !== undefined && down !== undefined);
  if (pairs.length === 0) {
    throw new LikenessError(
      'concept-format',
      `${file.path} cannot be used as a LoRA: it holds no pair of factors`,
      {
        advice: 'Choose the file with lora_up and lora_down, or lora_A and lora_B, in it.',
      },
    );
  }
  for (const { up, down } of pairs) {
    await readFactor(up!);
    await readFactor(down!);
  }
}

async function requireFreeName(name: string, loras: string): Promise<void> {
  if (DEVICE_NAME.test(name)) {
    throw new LikenessError('input', `${name} is a name that Windows keeps for a device`, {
      advice: 'Choose another --name.',
    });
  }
  const taken = (await readdir(loras).catch(() => [])).some(
    (entry) => singleFileName(entry)?.toLowerCase() === name.toLowerCase(),
  );
  if (!taken) return;
  throw new LikenessError('input', `a LoRA is named ${name} already`, {
    advice: `Choose another --name, or remove it first: ${PROGRAM} models remove ${name}`,
  });
}
