import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { logTail } from '../../companion/cli/diagnostics/log-tail.ts';
import { Redaction } from '../../companion/cli/diagnostics/redaction.ts';
import { LOG_FILE } from '../../companion/server/log.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

it('tells of every line of a log, whatever its time is', async () => {
  const home = await scratchFolder();
  await mkdir(join(home, 'logs'));
  const times = ['0', '1e16', '-1e16', '8.64e15', '8640000000000001', '1e999', '-0', '1.5', 'null', '"now"'];
  const lines = times.map((time) => `{"level":30,"time":${time},"msg":"listening"}`);
  await writeFile(
    join(home, 'logs', LOG_FILE),
    `${lines.join('\n')}\n{"level":1e99,"time":1,"msg":"x"}\n\u0000\n`,
  );
  const told = await logTail(home, new Redaction({ places: [], words: [] }));
  expect(told).toHaveLength(times.length + 2);
  expect(told[1]).toBe('at some time info  listening');
  expect(told[3]).toContain('+275760-09-13');
});

it.skipIf(process.platform === 'win32')('a pipe in the place of the log is not waited for', async () => {
  const home = await scratchFolder();
  await mkdir(join(home, 'logs'));
  await promisify(execFile)('mkfifo', [join(home, 'logs', LOG_FILE)]);
  expect(await logTail(home, new Redaction({ places: [], words: [] }))).toEqual([]);
});
