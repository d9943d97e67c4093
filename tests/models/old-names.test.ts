import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { openCheckpoint } from '../../companion/models/families/formats.ts';
import { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

const MODEL = join(EMBEDDED_MODELS, DEFAULT_MODEL);
const WEIGHTS = 'vae/diffusion_pytorch_model.safetensors';
const LENGTH_BYTES = 8;

/** Names as in the autoencoders that Stable Diffusion 1.x and 2.x are published with. */
const PUBLISHED: readonly (readonly [current: string, old: string])[] = [
  ['.to_q.', '.query.'],
  ['.to_k.', '.key.'],
  ['.to_v.', '.value.'],
  ['.to_out.0.', '.proj_attn.'],
];

/** The same file under other names: its header is written anew, its data stays. */
async function rename(path: string): Promise<number> {
  const bytes = await readFile(path);
  const end = LENGTH_BYTES + Number(bytes.readBigUInt64LE());
  let renamed = 0;
  const entries = Object.entries(JSON.parse(bytes.toString('utf8', LENGTH_BYTES, end))).map(
    ([name, entry]) => {
      const [current, old] = PUBLISHED.find(([part]) => name.includes(part)) ?? ['', ''];
      renamed += Number(current !== '');
      return [name.replace(current, old), entry];
    },
  );
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(header.length));
  await writeFile(path, Buffer.concat([length, header, bytes.subarray(end)]));
  return renamed;
}

it("opens autoencoders whose attention has diffusers' old names, and draws the same with them", async () => {
  const folder = await scratchFolder();
  const copy = join(folder, 'published');
  await cp(MODEL, copy, { recursive: true });
  expect(await rename(join(copy, WEIGHTS))).toBe(16);
  expect(
    (await openCheckpoint(copy)).components
      .get('vae')!
      .weights.has('encoder.mid_block.attentions.0.to_out.0.bias'),
  ).toBe(true);

  const latents = Float32Array.from({ length: 16 * 4 * 4 }, (_, index) => Math.sin(index));
  const [own, published] = await Promise.all(
    [MODEL, copy].map(async (model) => {
      const pipeline = await Pipeline.open(model, { cacheFolder: join(folder, 'cache'), threads: 1 });
      const picture = await pipeline.decodeLatents(latents, 4, 4);
      await pipeline.close();
      return picture;
    }),
  );
  expect(published).toEqual(own);
});
