#!/usr/bin/env node
// The executable: loads the TypeScript sources through tsx, so that there is no build step between a clone and a run.
import { register } from 'tsx/esm/api';

register();
await import('../companion/cli/main.ts');
