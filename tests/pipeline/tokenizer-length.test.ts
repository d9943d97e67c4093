import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { Pipeline } from '../../companion/pipeline/pipeline.ts';

it("a tokenizer whose limit is not the encoder's length is refused by name, before anything runs", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-length-'));
  try {
    const model = join(folder, 'model');
    await cp(join(EMBEDDED_MODELS, DEFAULT_MODEL), model, { recursive: true });
    const file = join(model, 'tokenizer', 'tokenizer_config.json');
    const config = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...config, model_max_length: 24 }));
    await expect(Pipeline.open(model, { cacheFolder: folder })).rejects.toMatchObject({
      code: 'checkpoint-unsupported',
      message: expect.stringMatching(
        /tokenizer: model_max_length is 24, and its text encoder reads \d+ tokens$/,
      ),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
