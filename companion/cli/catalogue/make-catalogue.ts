/** makeCatalogue: what is missing of a catalogue, model by model, told as it goes. */

import { LikenessError } from '../../../shared/errors.ts';
import type { MaskMode } from '../../../shared/protocol/requests.ts';
import type { ConceptFileInfo } from '../../concepts/concept-file.ts';
import { withModel } from '../../model-store/model-use.ts';
import type { SamplingSettings } from '../../pipeline/settings.ts';
import { dataFolders } from '../../storage/folders.ts';
import { computerOf, definedOptions, type EngineFlags } from '../options.ts';
import { CatalogueReport } from '../terminal/catalogue-report.ts';
import { Interruption } from '../terminal/interruption.ts';
import type { JsonEvent, Output } from '../terminal/output.ts';
import type { CatalogueFolder } from './catalogue-folder.ts';
import { modelGroup, type PlannedPicture } from './catalogue-plan.ts';
import type { CatalogueEvent } from './catalogue-run.ts';

export interface MakingFlags extends EngineFlags {
  readonly steps?: number;
  readonly guidance?: number;
  readonly mask?: MaskMode;
  readonly strength: number;
  readonly retry?: true;
}

interface CatalogueOptions {
  readonly flags: MakingFlags;
  /** Concepts that the command names by their files. */
  readonly given: readonly ConceptFileInfo[];
  readonly output: Output;
}

/**
 * Makes the pictures of a plan that are missing in the folder, then the sheet of all.
 * @throws LikenessError as runCatalogue does
 */
export async function makeCatalogue(
  folder: CatalogueFolder,
  planned: readonly PlannedPicture[],
  { flags, given, output }: CatalogueOptions,
): Promise<void> {
  const missing = planned.filter((picture) => !folder.has(picture));
  const failures = missing.flatMap((picture) => {
    const error = flags.retry ? undefined : folder.failureOf(picture);
    return error === undefined ? [] : [{ picture, error }];
  });
  const todo = missing.filter((picture) => !failures.some((failure) => failure.picture === picture));
  const report = new CatalogueReport(output, planned.length, todo, failures);
  const interruption = new Interruption(output, () => report.showStopping());
  report.begin();
  try {
    await makeAll(todo, { folder, flags, given, signal: interruption.signal }, (event) => {
      const line = jsonEvent(event, planned.length);
      if (line !== undefined) output.event(line);
      report.show(event);
    });
  } catch (error) {
    if (!(error instanceof LikenessError && error.code === 'cancelled')) throw error;
    throw new LikenessError('cancelled', `stopped after ${report.made} of ${todo.length} pictures`, {
      advice: 'The same command goes on from there.',
      cause: error,
    });
  } finally {
    report.close();
    interruption.dispose();
  }
  // Loaded here, since sharp would make `--help` wait.
  const { writeSheet } = await import('./catalogue-sheet.ts');
  output.say(output.colours.dim(`  ${await writeSheet(planned, folder)}`));
  const made = planned.length - report.failed;
  output.event({
    type: 'catalogue',
    pictures: planned.length,
    made,
    failed: report.failed,
    folder: folder.path,
  });
  if (report.failed > 0) process.exitCode = 1;
}

interface Work {
  readonly folder: CatalogueFolder;
  readonly flags: MakingFlags;
  readonly given: readonly ConceptFileInfo[];
  readonly signal: AbortSignal;
}

/** Models follow each other: two would not fit into the memory of most computers. */
async function makeAll(
  todo: readonly PlannedPicture[],
  { folder, flags, given, signal }: Work,
  show: (event: CatalogueEvent) => void,
): Promise<void> {
  // Loaded here, since onnxruntime and sharp would make `--help` wait.
  const { runCatalogue } = await import('./catalogue-run.ts');
  const { findLora } = await import('../../model-store/loras/find-lora.ts');
  const folders = dataFolders();
  for (const group of groupsOf(todo)) {
    const { preset } = group[0]!;
    const found = preset?.loras ?? [];
    const loras = await Promise.all(
      found.map(async ({ name, weight }) => ({ ...(await findLora(name, folders)), weight })),
    );
    await withModel(flags.model ?? preset?.model, folders, async (model) => {
      const settings = definedOptions<SamplingSettings>({
        steps: flags.steps,
        guidanceScale: flags.guidance,
        mask: flags.mask,
      });
      const { strength } = flags;
      const shared = {
        ...computerOf(flags),
        model,
        cacheFolder: folders.cache,
        loras,
        strength,
        settings,
        signal,
      };
      const { concepts } = folders;
      for await (const event of runCatalogue(group, folder, shared, { given, concepts })) show(event);
    });
  }
}

function groupsOf(todo: readonly PlannedPicture[]): readonly (readonly PlannedPicture[])[] {
  const groups = new Map<string, PlannedPicture[]>();
  for (const picture of todo) {
    const group = modelGroup(picture.preset);
    groups.set(group, [...(groups.get(group) ?? []), picture]);
  }
  return [...groups.values()];
}

/** A line for each picture, not for each step: a catalogue has thousands. */
function jsonEvent(event: CatalogueEvent, count: number): JsonEvent | undefined {
  if (event.type === 'engine') return undefined;
  const { file, cell } = event.picture;
  const facts = { file, ...cell, count };
  if (event.type === 'begun') return { type: 'begun', ...facts };
  if (event.type === 'made') return { type: 'made', ...facts, seconds: event.seconds };
  return { type: 'failed', ...facts, error: event.error };
}
