/** The refusal of concepts whose rights have ended. */

import { LikenessError } from '../../shared/errors.ts';
import type { ConceptFacts } from '../concepts/concept.ts';

/** What whoever asks for a picture of an expired concept is told. */
export function expiredError(name: string, { expires }: ConceptFacts['rights']): LikenessError {
  return new LikenessError('input', `@${name} may be used until ${expires}, and no longer`, {
    advice: 'Ask its owner; a later date can be set on its card in the library of the plugin.',
  });
}
