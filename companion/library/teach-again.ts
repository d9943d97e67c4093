/** TeachAgain: a concept that is taught again on another base model, from the pictures that it keeps. */

import type { ConceptId } from '../../shared/protocol/ids.ts';
import type { GuidanceResidual } from '../../shared/protocol/requests.ts';
import { guidanceResidualOf } from '../concepts/concept.ts';
import type { ConceptLibrary, ConceptVersion } from './concept-library.ts';
import { shellCommand } from './shell-command.ts';

/** Facts that pass from the earlier version to the new one; rights do so in the library. */
export interface CarriedFacts {
  readonly name: string;
  readonly classWord: string;
  readonly identifier: string;
  readonly mirror: boolean;
  readonly guidanceResidual: GuidanceResidual | undefined;
}

export function carriedFacts(version: ConceptVersion): CarriedFacts {
  const { name, classWord, identifier, method } = version;
  const mirror = method.mirror === true;
  return { name, classWord, identifier, mirror, guidanceResidual: guidanceResidualOf(version) };
}

/** The version whose pictures are kept; undefined where the concept keeps none. @throws LikenessError `concept-unknown` */
export async function versionWithReferences(
  id: ConceptId,
  library: ConceptLibrary,
): Promise<ConceptVersion | undefined> {
  const { versions } = await library.get(id);
  const sets = await library.references();
  return versions.find(({ weightHash }) => sets.has(weightHash));
}

/**
 * The command that teaches a concept again.
 * @param model as commands name it
 * @param hasReferences true where the library has its pictures; else they are to be named
 */
export function teachAgainCommand(
  { name, classWord }: Pick<CarriedFacts, 'name' | 'classWord'>,
  model: string,
  hasReferences: boolean,
): string {
  const source = hasReferences ? [`@${name}`] : ['PICTURES', '--name', name, '--class', classWord];
  return shellCommand(['teach', ...source, '--model', model]);
}
