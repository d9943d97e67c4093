#!/usr/bin/env node
// The executable: loads the TypeScript sources through tsx, so that there is no build step between a clone and a run.
import './ensure-installed.mjs';

// Looked for only now: in a fresh clone it has just been installed.
const { register } = await import('tsx/esm/api');
register();
await import('../companion/cli/main.ts');
