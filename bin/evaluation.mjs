#!/usr/bin/env node
// The executable of the evaluation (`npm run demo`, `evaluate`, `study`): as likeness.mjs, for what measures the product.
import './ensure-quiet-end.mjs';
import './ensure-folder.mjs';
import './ensure-installed.mjs';
import './ensure-temporary.mjs';
import { load } from './load.mjs';

await load(new URL('../evaluation/cli/main.ts', import.meta.url));
