/** The model that is used where none is named. */

import { fileURLToPath } from 'node:url';

export const DEFAULT_MODEL = 'likeness-base-64';

/** Models that come with the repository. */
export const EMBEDDED_MODELS = fileURLToPath(new URL('../../models', import.meta.url));
