/** runCatalogue: the pictures of a catalogue that one opened model makes, each on its own: one that fails keeps none of the others. */

import { endsCatalogue } from '../../../shared/catalogue.ts';
import { type ErrorReport, reportOf } from '../../../shared/protocol/zod.ts';
import type { ConceptFileInfo } from '../../concepts/concept-file.ts';
import type { LocalGenerateEvent } from '../../engine/events.ts';
import { generateOn } from '../../engine/generation/generate.ts';
import type { GenerateRequest } from '../../engine/requests.ts';
import { resolveMentions } from '../../library/find-concept.ts';
import { loadModel } from '../../pipeline/loaded-model.ts';
import { systemFault } from '../../storage/atomic-file.ts';
import { definedOptions } from '../options.ts';
import { begunConcepts } from './begun-concepts.ts';
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
  { given, concepts }: { readonly given: readonly ConceptFileInfo[]; readonly concepts: string },
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
