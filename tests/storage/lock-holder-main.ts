/** Acquires `held-by` in a folder, says so, and holds it until it is killed. */

import { PidLock } from '../../companion/storage/pid-lock.ts';

await PidLock.acquire(process.argv[2]!, 'held-by');
process.stdout.write('held\n');
setInterval(() => {}, 1000);
