#!/usr/bin/env node
// The executable: loads the TypeScript sources through tsx, so that there is no build step between a clone and a run.
import './ensure-quiet-end.mjs';
import './ensure-folder.mjs';
import './ensure-installed.mjs';
import './ensure-temporary.mjs';
import { fileURLToPath } from 'node:url';
import { load } from './load.mjs';

// tsx would read those of the folder where the command is given: another project's, and maybe broken.
process.env.TSX_TSCONFIG_PATH = fileURLToPath(new URL('../tsconfig.json', import.meta.url));
await load(new URL('../companion/cli/main.ts', import.meta.url));
