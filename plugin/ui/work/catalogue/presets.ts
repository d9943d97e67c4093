/** PresetCollection: the companion's presets, and the draft of the next pictures with one of them. */

import { type Signal, signal } from '@preact/signals';
import { cellPrompt, hasProductPlace } from '../../../../shared/catalogue.ts';
import { mentionedNames } from '../../../../shared/mentions.ts';
import { routes } from '../../../../shared/protocol/http.ts';
import {
  importedPresetsSchema,
  type Preset,
  presetFileSchema,
  presetsSchema,
  presetWords,
} from '../../../../shared/protocol/preset.ts';
import type { ErrorReport } from '../../../../shared/protocol/zod.ts';
import type { CompanionConnection } from '../../connection/companion.ts';
import { attempt, RequestFailure } from '../../connection/companion-http.ts';
import type { GenerateDraft } from '../drafts.ts';

export class PresetCollection {
  readonly known: Signal<readonly Preset[]> = signal([]);
  /** Name of the one that was chosen last. */
  readonly chosen: Signal<string | null> = signal(null);
  /** The one that was removed last, until another is chosen. */
  readonly removed: Signal<Preset | undefined> = signal(undefined);
  readonly failure: Signal<ErrorReport | undefined> = signal(undefined);
  readonly #companion: CompanionConnection;

  constructor(companion: CompanionConnection) {
    this.#companion = companion;
  }

  get current(): Preset | undefined {
    return this.known.value.find(({ name }) => name === this.chosen.value);
  }

  /** None where an older companion does not know of them. */
  async refresh(): Promise<void> {
    const answer = await this.#companion.json(routes.presets, presetsSchema).catch((error: unknown) => {
      if (!(error instanceof RequestFailure)) throw error;
    });
    this.known.value = answer?.presets ?? [];
  }

  /** In the place of those with their names. @returns names of those that were replaced; undefined where it failed */
  async add(presets: readonly Preset[]): Promise<readonly string[] | undefined> {
    return attempt(this.failure, async () => {
      const request = { method: 'POST', body: { schema: 1, presets } } as const;
      const answer = await this.#companion.json(routes.presets, importedPresetsSchema, request);
      this.known.value = answer.presets;
      return answer.replaced;
    });
  }

  /** A preset as it was edited, under another name, too. @returns false where it failed */
  async edit(before: Preset, after: Preset): Promise<boolean> {
    if ((await this.add([after])) === undefined) return false;
    this.chosen.value = after.name;
    if (plainName(before.name) !== plainName(after.name)) await this.#forget(before.name);
    return this.failure.value === undefined;
  }

  async undoRemoval(): Promise<void> {
    const preset = this.removed.value;
    if (preset !== undefined && (await this.add([preset])) !== undefined) this.removed.value = undefined;
  }

  /** Those of a file. @returns words for what was done; undefined where it failed */
  async importFile(file: Blob): Promise<string | undefined> {
    const parsed = presetFileSchema.safeParse(await file.text().then(JSON.parse, () => undefined));
    if (!parsed.success) {
      this.failure.value = {
        code: 'input',
        message: 'This file holds no presets.',
        advice: 'Choose a file that was exported from Likeness.',
      };
      return undefined;
    }
    const replaced = await this.add(parsed.data.presets);
    if (replaced === undefined) return undefined;
    const count = parsed.data.presets.length;
    const words = `${count} ${count === 1 ? 'preset' : 'presets'} imported.`;
    return replaced.length === 0 ? words : `${words} Replaced: ${replaced.join(', ')}.`;
  }

  async remove(preset: Preset): Promise<void> {
    if (!(await this.#forget(preset.name))) return;
    this.chosen.value = null;
    this.removed.value = preset;
  }

  async #forget(name: string): Promise<boolean> {
    const done = await attempt(this.failure, async () => {
      await this.#companion.blob(routes.preset(encodeURIComponent(name)), { method: 'DELETE' });
      this.known.value = this.known.value.filter((preset) => preset.name !== name);
      return true;
    });
    return done === true;
  }
}

/** Names that the companion takes for one have the same. */
export function plainName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}

/**
 * The draft with a preset: its words stand at the prompt's end, in the place of those of the preset before, and what it does
 * not say stays.
 */
export function draftWithPreset(
  draft: GenerateDraft,
  preset: Preset | undefined,
  before: Preset | undefined,
): GenerateDraft {
  const old = before === undefined ? '' : presetWords(before);
  const prompt = draft.prompt.trimEnd();
  const bare = old !== '' && prompt.endsWith(old) ? prompt.slice(0, -old.length) : prompt;
  if (preset === undefined) return { ...draft, prompt: bare };
  const { scenes, negativePrompt, steps, guidanceScale, size, loras } = preset;
  const [mention] = mentionedNames(bare);
  const isMentionAlone = /^@\S+$/.test(bare) && mention !== undefined && scenes.length > 0;
  return {
    ...draft,
    prompt: isMentionAlone
      ? cellPrompt({ product: mention, scene: scenes[0]! }, presetWords(preset))
      : `${bare}${presetWords(preset)}`,
    ...(negativePrompt !== undefined && { negativePrompt }),
    ...(steps !== undefined && { steps }),
    ...(guidanceScale !== undefined && { guidanceScale }),
    ...(size !== undefined && { size: { type: 'fixed', ...size } }),
    ...(loras !== undefined && { loras: [...loras] }),
  };
}

/** Scenes of a preset that stand behind a product's name as they are. */
export function plainScenes(preset: Preset | undefined): readonly string[] {
  return (preset?.scenes ?? []).filter((scene) => !hasProductPlace(scene));
}

/** A preset of a draft's settings; what only words can say is kept from the one before. */
export function presetOfDraft(
  name: string,
  draft: GenerateDraft,
  before: Preset | undefined,
  model: string,
): Preset {
  const { negativePrompt, steps, guidanceScale, size, loras } = draft;
  const { scenes = [], light, palette } = before ?? {};
  return {
    name,
    scenes,
    model,
    ...(light !== undefined && { light }),
    ...(palette !== undefined && { palette }),
    ...(negativePrompt.trim() !== '' && { negativePrompt: negativePrompt.trim() }),
    ...(steps !== null && { steps }),
    ...(guidanceScale !== null && { guidanceScale }),
    ...(size.type === 'fixed' && { size: { width: size.width, height: size.height } }),
    ...(loras.length > 0 && { loras: [...loras] }),
  };
}
