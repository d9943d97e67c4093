/** The model that is used where none is named, and what came with it. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const DEFAULT_MODEL = 'likeness-base-128';

/** Models that come with the repository. */
export const EMBEDDED_MODELS = fileURLToPath(new URL('../../models', import.meta.url));

/** The networks that judge what the embedded model made. */
export const EVALUATORS = join(EMBEDDED_MODELS, 'evaluators');

/** Products that the embedded model never saw. */
export const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));
