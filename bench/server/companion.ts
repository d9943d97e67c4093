/** The real server in a process of its own, so that what it holds is its own: says where it is, and on asking its memory. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ended, generateWish } from '../../tests/jobs/opened-queue.ts';
import { startServer } from '../../tests/server/running-server.ts';
import { LARGE_JOB } from './large-job.ts';

/** A picture as large as any that is made. */
const PICTURE_BYTES = 12 * 2 ** 20;

const running = await startServer();
await running.queue.submit(LARGE_JOB, generateWish({ count: 1 }));
await ended(running.queue, LARGE_JOB);
await writeFile(join(running.home, 'jobs', LARGE_JOB, 'picture-0.png'), Buffer.alloc(PICTURE_BYTES, 7));
const tokens = { attacker: await running.pair('attacker'), other: await running.pair('other') };

process.on('message', () => process.send!({ type: 'memory', bytes: process.memoryUsage().rss }));
process.on('disconnect', () => void running.stop().then(() => process.exit()));
process.send!({ type: 'ready', port: running.port, tokens });
