/** PresetStore: the presets of this computer in one file of the data folder, changed by one process at a time. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeText } from '../../shared/decoded-text.ts';
import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import { PRESETS_MAX } from '../../shared/protocol/limits.ts';
import { type Preset, presetFileSchema } from '../../shared/protocol/preset.ts';
import { issueText } from '../../shared/protocol/zod.ts';
import { type Modes, USER_MODES, writeFileAtomically } from '../storage/atomic-file.ts';
import { withFolderLock } from '../storage/folder-lock.ts';
import { readRegularFile } from '../storage/regular-file.ts';

const FILE_NAME = 'presets.json';

/** All presets at their longest have a few megabytes; what is larger is no file of presets. */
export const PRESETS_MAX_BYTES = 4 * 1024 * 1024;

export class PresetStore {
  readonly #home: string;

  /** @param home the data folder, made with the first preset */
  constructor(home: string) {
    this.#home = home;
  }

  /** By name. @throws LikenessError `storage` where the file is damaged: nothing is written over it */
  async list(): Promise<readonly Preset[]> {
    const path = this.#path;
    try {
      return await readPresets(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      if (!(error instanceof LikenessError)) throw error;
      throw new LikenessError('storage', error.message, {
        advice: `Mend ${path}, or move it away: presets begin anew then.`,
        cause: error,
      });
    }
  }

  /** @throws LikenessError `input` where none has this name */
  async get(name: string): Promise<Preset> {
    const presets = await this.list();
    const found = presets.find((preset) => isNamed(preset, name));
    if (found !== undefined) return found;
    const there =
      presets.length === 0 ? 'there are none' : `there are ${presets.map((one) => one.name).join(', ')}`;
    throw new LikenessError('input', `no preset is named ${name}; ${there}`, {
      advice: `\`${PROGRAM} presets list\` shows those that are there.`,
    });
  }

  /** In the place of the one with its name, if any. @throws LikenessError `input` where there are too many, `storage` */
  async save(preset: Preset): Promise<void> {
    await this.merge([preset]);
  }

  /** @throws LikenessError `input` where none has this name, `storage` */
  async remove(name: string): Promise<void> {
    await this.get(name);
    await this.#change((presets) => presets.filter((preset) => !isNamed(preset, name)));
  }

  /**
   * Adds presets, each in the place of the one with its name.
   * @returns names of those that were replaced by others
   * @throws LikenessError `input` where there would be too many, `storage`
   */
  async merge(added: readonly Preset[]): Promise<readonly string[]> {
    let replaced: readonly string[] = [];
    await this.#change((presets) => {
      const others = presets.filter((preset) => !added.some(({ name }) => isNamed(preset, name)));
      replaced = presets.filter((preset) => !others.includes(preset)).map(({ name }) => name);
      return [...others, ...added];
    });
    return replaced;
  }

  get #path(): string {
    return join(this.#home, FILE_NAME);
  }

  async #change(change: (presets: readonly Preset[]) => readonly Preset[]): Promise<void> {
    await withFolderLock(
      this.#home,
      async () => writePresets(this.#path, change(await this.list())),
      'presets-changed-by',
    );
  }
}

/** The presets of a file that was exported, or that a person wrote. @throws LikenessError `input` */
export async function readPresetFile(path: string): Promise<readonly Preset[]> {
  return readPresets(path).catch((cause: unknown) => {
    if (cause instanceof LikenessError) throw cause;
    throw new LikenessError('input', `${path} cannot be read`, { advice: 'Check the path.', cause });
  });
}

/** @throws LikenessError `input` where there are too many, `storage` */
export async function exportPresets(path: string, presets: readonly Preset[]): Promise<void> {
  await writePresets(path, presets, USER_MODES);
}

/** @throws LikenessError `input` naming what is no preset */
function presetsOf(value: unknown, subject: string): readonly Preset[] {
  const parsed = presetFileSchema.safeParse(value);
  if (!parsed.success) throw refusal(`${subject}: ${issueText(parsed.error)}`);
  const { presets } = parsed.data;
  requireDistinct(presets, subject);
  return presets;
}

/** @throws LikenessError `input` for two of one name */
export function requireDistinct(presets: readonly Preset[], subject: string): void {
  const twice = presets.find((preset, index) =>
    presets.some((other, at) => at < index && isNamed(other, preset.name)),
  );
  if (twice !== undefined) throw refusal(`${subject}: ${twice.name} is in it twice`);
}

async function readPresets(path: string): Promise<readonly Preset[]> {
  const { size } = await stat(path);
  if (size > PRESETS_MAX_BYTES)
    throw refusal(`${path}: ${size} bytes, expected at most ${PRESETS_MAX_BYTES}`);
  const text = decodeText(await readRegularFile(path));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusal(`${path}: not valid JSON`);
  }
  return presetsOf(value, path);
}

async function writePresets(path: string, presets: readonly Preset[], modes?: Modes): Promise<void> {
  if (presets.length > PRESETS_MAX) {
    throw new LikenessError('input', `${presets.length} presets, expected at most ${PRESETS_MAX}`, {
      advice: 'Remove some that nobody uses.',
    });
  }
  const sorted = [...presets].sort((a, b) => a.name.localeCompare(b.name, 'en'));
  const text = `${JSON.stringify({ schema: 1, presets: sorted }, null, 2)}\n`;
  const bytes = Buffer.byteLength(text);
  // Nothing is written that could not be read again.
  if (bytes > PRESETS_MAX_BYTES) {
    throw new LikenessError(
      'input',
      `the presets have ${bytes} bytes, expected at most ${PRESETS_MAX_BYTES}`,
      {
        advice: 'Remove some that nobody uses.',
      },
    );
  }
  await writeFileAtomically(path, text, modes);
}

function refusal(message: string): LikenessError {
  return new LikenessError('input', message, {
    advice: `A file of presets is what \`${PROGRAM} presets export FILE\` writes.`,
  });
}

/** Names that differ in letter case alone are one: people would not tell them apart. */
function isNamed(preset: Preset, name: string): boolean {
  const plain = (text: string) => text.normalize('NFKC').trim().toLowerCase();
  return plain(preset.name) === plain(name);
}
