// The module that the companion forks: loads the TypeScript sources through tsx, as bin/likeness.mjs does.
import { constants, setPriority } from 'node:os';
import { register } from 'tsx/esm/api';

// The design tool goes first; where nothing else wants the cores this costs nothing. Before any thread of onnxruntime's
// is made, since on Linux each has a priority of its own and takes it from the thread that makes it.
try {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
} catch {
  // A system that does not let it is one where it does not matter enough to fail.
}

// A terminal sends Ctrl-C to this process, too; the companion's stops the work in good order, and then this process.
process.on('SIGINT', () => {});
register();
await import('./main.ts');
