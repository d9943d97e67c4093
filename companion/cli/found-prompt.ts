/** FoundPrompt: a command's prompt with the concepts that it mentions, as the model at hand gets them. */

import type { ConceptFileInfo } from '../concepts/concept-file.ts';
import type { ResolvedPrompt } from '../concepts/resolved-prompt.ts';
import { type FoundConcept, findConcept, resolveMentions } from '../library/find-concept.ts';
import type { NamedModel } from '../library/model-version.ts';
import type { DataFolders } from '../storage/folders.ts';
import type { Output } from './terminal/output.ts';

/**
 * @param wanted names or files of concepts that the command names
 * @param model undefined: any
 * @throws LikenessError as findConcept and resolveMentions
 */
export async function promptFor(
  prompt: string,
  wanted: readonly string[],
  { concepts: folder }: DataFolders,
  model?: NamedModel,
): Promise<FoundPrompt> {
  const given: ConceptFileInfo[] = [];
  for (const concept of wanted) given.push(await findConcept(concept, folder, model));
  return { given, resolved: await resolveMentions(prompt, given, folder, model) };
}

interface FoundPrompt {
  /** Concepts that the command names. */
  readonly given: readonly ConceptFileInfo[];
  readonly resolved: ResolvedPrompt<FoundConcept>;
}

export function showUnused({ given, resolved }: FoundPrompt, output: Output): void {
  for (const { name } of given) {
    if (resolved.concepts.some((concept) => concept.name === name)) continue;
    output.warn(`${name} has no effect: the prompt does not say @${name}`);
  }
}
