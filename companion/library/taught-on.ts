/** Concepts of a base model: those that lose it when it is removed. */

import type { BaseModel } from '../pipeline/model-traits.ts';
import type { ConceptLibrary, LibraryConcept } from './concept-library.ts';

export interface TaughtOn {
  /** Names, in the library's order. */
  readonly concepts: readonly string[];
  /** The model's, by which another checkpoint can take its place. */
  readonly architecture: string;
}

/**
 * Concepts of which any version was taught on the model; undefined where there is none.
 * @param name folder or file of the model, which a concept keeps
 * @param identity asked only where a concept of another model's name may be of the same weights; undefined for a model that does not open
 */
export async function conceptsTaughtOn(
  name: string,
  library: ConceptLibrary,
  identity: () => Promise<BaseModel | undefined>,
): Promise<TaughtOn | undefined> {
  const { concepts } = await library.list();
  const modelsOf = ({ versions }: LibraryConcept) => versions.map(({ baseModel }) => baseModel);
  const isOfOther = (model: BaseModel) => model.name !== name && model.hash !== undefined;
  const own = concepts.flatMap(modelsOf).some(isOfOther) ? await identity() : undefined;
  const isIt = (model: BaseModel) =>
    model.name === name || (own?.hash !== undefined && model.hash === own.hash);
  const found = concepts.filter((concept) => modelsOf(concept).some(isIt));
  const architecture = found.flatMap(modelsOf).find(isIt)?.architecture;
  return architecture === undefined
    ? undefined
    : { concepts: found.map((concept) => concept.name), architecture };
}
