import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { CONTEXT } from '../../companion/models/family.ts';
import { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

it('converts weights at the next use where the disk did not let it at the first', async () => {
  const cacheFolder = join(await scratchFolder(), 'cache');
  await writeFile(cacheFolder, 'a file in the place of the folder');
  const model = join(EMBEDDED_MODELS, DEFAULT_MODEL);
  const pipeline = await Pipeline.open(model, { cacheFolder, device: 'cpu', threads: 1 });
  const { ids } = pipeline.tokenizer.encode('a red mug');
  await expect(pipeline.encodeTokens([ids])).rejects.toMatchObject({ code: 'storage' });
  await rm(cacheFolder);
  const states = (await pipeline.encodeTokens([ids])).get(CONTEXT)!;
  expect(states.shape).toEqual([1, pipeline.facts.tokens, pipeline.facts.textEncoders[0]!.width]);
  await pipeline.close();
});
