/** runCatalogue: the pictures of a catalogue that one opened model makes, each on its own: one that fails keeps none of the others. */

import { endsCatalogue } from '../../../shared/catalogue.ts';
import { LikenessError } from '../../../shared/errors.ts';
import { type ErrorReport, reportOf } from '../../../shared/protocol/zod.ts';
import type { ConceptFileInfo } from '../../concepts/concept-file.ts';
import type { LocalGenerateEvent } from '../../engine/events.ts';
import { generateOn } from '../../engine/generation/generate.ts';
import type { GenerateRequest } from '../../engine/requests.ts';
import { FileLibrary } from '../../library/file-library.ts';
import { resolveMentions } from '../../library/find-concept.ts';
import { loadModel } from '../../pipeline/loaded-model.ts';
import { systemFault } from '../../storage/system-fault.ts';
import { definedOptions } from '../options.ts';
import type { CatalogueFolder } from './catalogue-folder.ts';
import type { PlannedPicture } from './catalogue-plan.ts';

export type CatalogueEvent =
  | { readonly type: 'begun'; readonly picture: PlannedPicture }
  | { readonly type: 'engine'; readonly event: LocalGenerateEvent }
  | { readonly type: 'made'; readonly picture: PlannedPicture; readonly seconds: number }
  | { readonly type: 'failed'; readonly picture: PlannedPicture; readonly error: ErrorReport };

/** Everything of a request that is no picture's own. */
export type SharedRequest = Pick<
  GenerateRequest,
  'model' | 'device' | 'precision' | 'threads' | 'cacheFolder' | 'loras' | 'strength' | 'settings' | 'signal'
>;

/**
 * @param given concepts that the command names, by files
 * @param concepts folder of the others
 * @throws LikenessError where no picture can be made any more, and `cancelled`
 */
export async function* runCatalogue(
  pictures: readonly PlannedPicture[],
  folder: CatalogueFolder,
  shared: SharedRequest,
  { given, concepts }: ConceptSources,
): AsyncGenerator<CatalogueEvent, void> {
  const model = await loadModel(shared);
  const named = { traits: model.traits, name: model.identity.name };
  try {
    for (const picture of pictures) {
      // Looked up each time: a product may be taught again while its catalogue is made.
      const known = await begunConcepts(folder, named.name, { given, concepts });
      yield { type: 'begun', picture };
      try {
        const prompt = await resolveMentions(picture.prompt, known, concepts, named);
        await folder.keepConcepts(named.name, prompt.concepts);
        for await (const event of generateOn(model, { ...requestOf(picture, shared), prompt })) {
          yield { type: 'engine', event };
          if (event.type !== 'picture') continue;
          await folder.write(picture, event.png);
          yield { type: 'made', picture, seconds: event.seconds };
        }
      } catch (cause) {
        const fault = systemFault(cause);
        if (endsCatalogue(fault)) throw fault;
        const error = reportOf(fault);
        await folder.fail(picture, error);
        yield { type: 'failed', picture, error };
      }
    }
  } finally {
    await model.pipeline.close();
  }
}

interface ConceptSources {
  /** Those that the command names, by files. */
  readonly given: readonly ConceptFileInfo[];
  /** Folder of the others. */
  readonly concepts: string;
}

/**
 * Versions of concepts that the catalogue was begun with, for it to go on with them: a product that was taught again meanwhile would
 * look one way in half of the pictures, and another way in the rest.
 * @param model name of the base model: each gets its own versions
 * @returns those of the record, then the given ones that it does not name
 * @throws LikenessError `concept-unknown` for a version that is no longer here; `input` where a file brings another one
 */
async function begunConcepts(
  folder: CatalogueFolder,
  model: string,
  { given, concepts }: ConceptSources,
): Promise<readonly ConceptFileInfo[]> {
  const begun = folder.conceptsFor(model);
  if (begun.size === 0) return given;
  const library = new FileLibrary(concepts);
  const versions = (await library.list()).concepts.flatMap((concept) => concept.versions);
  const kept: ConceptFileInfo[] = [];
  for (const [name, weightHash] of begun) {
    const file = given.find((one) => one.name === name);
    if (file !== undefined && file.weightHash !== weightHash) {
      throw new LikenessError(
        'input',
        `the catalogue in ${folder.path} was begun with another version of ${name}`,
        {
          advice: `Leave --concept ${file.path} out, or choose another --out.`,
        },
      );
    }
    const same = versions.filter((version) => version.weightHash === weightHash);
    // Weights may be those of a copy under another name.
    const stored = same.find((version) => version.name === name) ?? same[0];
    if (file !== undefined) kept.push(file);
    else if (stored !== undefined) kept.push({ ...stored, name, path: await library.materialize(stored) });
    else throw goneError(name, folder.path);
  }
  return [...kept, ...given.filter(({ name }) => !begun.has(name))];
}

function goneError(name: string, path: string): LikenessError {
  return new LikenessError(
    'concept-unknown',
    `the version of ${name} that the catalogue in ${path} was begun with is no longer here`,
    { advice: 'Restore it, or choose another --out: all its pictures are made with the one that is here.' },
  );
}

/** The command's own settings go before the preset's. */
function requestOf(
  { cell: { width, height, seed, negativePrompt }, preset }: PlannedPicture,
  shared: SharedRequest,
): Omit<GenerateRequest, 'prompt'> {
  const own = definedOptions<GenerateRequest['settings']>({
    steps: preset?.steps,
    guidanceScale: preset?.guidanceScale,
  });
  const settings = { ...own, ...shared.settings };
  return { ...shared, settings, negativePrompt, count: 1, seed, size: { width, height } };
}
