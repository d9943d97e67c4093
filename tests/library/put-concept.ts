/** Adds the concept of a file (second argument) to a library (first one) at a moment (third, ms), and prints its version. */

import { setTimeout as wait } from 'node:timers/promises';
import { readConcept } from '../../companion/concepts/concept-file.ts';
import { FileLibrary } from '../../companion/library/file-library.ts';

const [folder, file, moment] = process.argv.slice(2) as [string, string, string];
await wait(Math.max(0, Number(moment) - Date.now()));
const { version } = await new FileLibrary(folder).add(await readConcept(file));
process.stdout.write(String(version));
