import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { BINARY } from '../cli/binary.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

it('onnxruntime keeps nothing to send where a picture was made', async () => {
  const home = await scratchFolder();
  // The library is silent by itself where it sees that it is being tested.
  const { CI, ORT_RUNNING_UNIT_TESTS, ORT_DISABLE_TELEMETRY, XDG_CACHE_HOME, ...others } = process.env;
  const env = { ...others, HOME: home, TMPDIR: home, LIKENESS_HOME: `${home}/likeness` };
  const asked = ['generate', 'a red mug', '--steps', '1', '--count', '1', '--out', `${home}/out`];
  await promisify(execFile)(process.execPath, [BINARY, ...asked, '--device', 'cpu'], { env, cwd: home });
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' });
  expect(files.filter((name) => name.endsWith('.png'))).toHaveLength(1);
  expect(files.filter((name) => /microsoft|onnxruntime\.db|mat-debug/i.test(name))).toEqual([]);
});
