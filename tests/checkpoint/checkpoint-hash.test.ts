import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openCheckpointAs } from '../../companion/checkpoint/checkpoint.ts';
import {
  hashCheckpoint,
  MANIFEST_NAME,
  verifyCheckpoint,
} from '../../companion/checkpoint/checkpoint-hash.ts';
import { FORMATS } from '../../companion/models/families/formats.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { writeJson, writeScalar, writeTinyCheckpoint } from './checkpoint-files.ts';

/** Its configs are of no model. */
const openCheckpoint = (path: string) => openCheckpointAs(path, FORMATS, async () => {});

const WEIGHTS = 'unet/diffusion_pytorch_model.safetensors';

it('identifies a model by its weights, wherever its folder is', async () => {
  const folder = await scratchFolder();
  const cache = join(folder, 'cache');
  const a = await writeTinyCheckpoint(join(folder, 'a'));
  const b = join(folder, 'b');
  await cp(a, b, { recursive: true });
  const hash = await hashCheckpoint(await openCheckpoint(a), cache);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(await hashCheckpoint(await openCheckpoint(b), cache)).toBe(hash);
  await writeScalar(join(b, WEIGHTS), 'w', 0.5);
  expect(await hashCheckpoint(await openCheckpoint(b), cache)).not.toBe(hash);
});

it('reads weights once, and does not trust a damaged cache', async () => {
  const folder = await scratchFolder();
  const cache = join(folder, 'cache');
  const checkpoint = await openCheckpoint(await writeTinyCheckpoint(join(folder, 'a')));
  const hash = await hashCheckpoint(checkpoint, cache);
  const names = await readdir(cache);
  expect(names).toHaveLength(3);
  for (const name of names) await writeFile(join(cache, name), 'damaged');
  expect(await hashCheckpoint(checkpoint, cache)).toBe(hash);
  // Nor is one needed that cannot be written.
  for (const name of names) {
    await rm(join(cache, name));
    await mkdir(join(cache, name));
  }
  expect(await hashCheckpoint(checkpoint, cache)).toBe(hash);
});

it('verifies the files that the manifest names, and says which differ', async () => {
  const root = await writeTinyCheckpoint(await scratchFolder());
  expect(await verifyCheckpoint(root)).toBeUndefined();
  const expected = createHash('sha256')
    .update(await readFile(join(root, WEIGHTS)))
    .digest('hex');
  await writeJson(join(root, MANIFEST_NAME), { [WEIGHTS]: expected, 'unet/gone': expected });
  expect(await verifyCheckpoint(root)).toEqual([
    { path: WEIGHTS, expected, got: expected },
    { path: 'unet/gone', expected, got: undefined },
  ]);
  await writeScalar(join(root, WEIGHTS), 'w', 0.5);
  const [first] = (await verifyCheckpoint(root))!;
  expect(first!.got).not.toBe(expected);
});

it.each(['../outside', '/etc/passwd', 'unet/../../x', 'a/./b', '..'])(
  'refuses a manifest with %s',
  async (path) => {
    const root = await writeTinyCheckpoint(await scratchFolder());
    await rm(join(root, 'vae'), { recursive: true });
    await writeJson(join(root, MANIFEST_NAME), { [path]: '0'.repeat(64) });
    await expect(verifyCheckpoint(root)).rejects.toMatchObject({ code: 'checkpoint-format' });
  },
);
