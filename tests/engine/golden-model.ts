/** A tiny checkpoint with random weights that tests can run in milliseconds, where it lies beside the project. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const nanoModel = fileURLToPath(new URL('../../../shared/golden/nano/pipeline', import.meta.url));

/** For `describe.skipIf`: the reason is part of the name. */
export const withoutNano = !existsSync(nanoModel);
export const needsNano = withoutNano
  ? 'skipped: ../shared/golden/nano is not there'
  : 'on the nano checkpoint';
