// The module that is forked to decode pictures: loads the TypeScript sources through tsx, as bin/likeness.mjs does.
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
