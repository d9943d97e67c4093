/** The smallest model that is here: the random one that golden files are made with, or the embedded one. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';

const candidates = [
  fileURLToPath(new URL('../../../shared/golden/nano/pipeline', import.meta.url)),
  join(EMBEDDED_MODELS, DEFAULT_MODEL),
];

/** undefined where there is none: tests that need one are skipped then. */
export const SMALL_MODEL = candidates.find((folder) => existsSync(join(folder, 'model_index.json')));

export const NEEDS_MODEL = `needs ${candidates.join(' or ')}`;
