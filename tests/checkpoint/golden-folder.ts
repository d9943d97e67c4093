import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The reference data lies beside the project, and not in it; see its README. */
export const GOLDEN = fileURLToPath(new URL('../../../shared/golden', import.meta.url));

/** Why tests on reference data are left out, or undefined where it is there. */
export const NO_GOLDEN = existsSync(GOLDEN) ? undefined : `no reference data at ${GOLDEN}`;
