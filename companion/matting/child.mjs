// The module that is forked to remove backgrounds: loads the TypeScript sources through tsx, as bin/likeness.mjs does.
import { register } from 'tsx/esm/api';

// A terminal sends Ctrl-C to this process, too; the one that asked for the picture ends it.
process.on('SIGINT', () => {});
register();
await import('./main.ts');
