/** Entry point of `likeness`. */

import { run } from './run.ts';

const exitCode = await run(process.argv.slice(2), process);
// Not process.exit: what was written to a pipe must still get out.
if (exitCode !== undefined) process.exitCode = exitCode;
