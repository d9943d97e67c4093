/** Entry point of `npm run demo`, `npm run evaluate` and `npm run study`: what measures the product, and is no part of it. */

import { run } from '../../companion/cli/run.ts';
import { EVALUATION } from './program.ts';

const exitCode = await run(process.argv.slice(2), process, EVALUATION);
// Not process.exit: what was written to a pipe must still get out.
if (exitCode !== undefined) process.exitCode = exitCode;
