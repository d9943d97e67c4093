import { expect, it } from 'vitest';
import { chooseFiles } from '../../../companion/model-store/hub/model-files.ts';
import type { Repository } from '../../../companion/model-store/hub/repository.ts';
import { FORMATS } from '../../../companion/models/families/formats.ts';

const COMPONENTS = ['unet', 'text_encoder', 'text_encoder_2', 'vae', 'taesd'];

function repository(paths: readonly string[]): Repository {
  const files = new Map(paths.map((path) => [path, { path, sizeBytes: 10 }]));
  return { id: 'owner/name', files } as unknown as Repository;
}

it.each(FORMATS.map((format) => [format.id, format] as const))(
  '%s: every tokenizer of the format is fetched, and an optional component where there is one',
  (_, format) => {
    const weights = COMPONENTS.flatMap((name) => {
      const stem = name.startsWith('text') ? 'model' : 'diffusion_pytorch_model';
      return [`${name}/config.json`, `${name}/${stem}.safetensors`];
    });
    const tokenizers = ['tokenizer', 'tokenizer_2'].flatMap((folder) => [
      `${folder}/vocab.json`,
      `${folder}/merges.txt`,
    ]);
    const all = repository([
      'model_index.json',
      'scheduler/scheduler_config.json',
      ...weights,
      ...tokenizers,
    ]);
    const chosen = chooseFiles(all, format, 'fp16');
    const paths = chosen.describing.map(({ path }) => path);
    for (const folder of format.tokenizers) expect(paths).toContain(`${folder}/merges.txt`);
    expect(paths).toContain('taesd/config.json');
    expect(chosen.weights.map(({ component }) => component)).toContain('taesd');

    const plain = repository([...all.files.keys()].filter((path) => !path.startsWith('taesd')));
    const without = chooseFiles(plain, format, 'fp16');
    expect(without.weights.map(({ component }) => component)).not.toContain('taesd');
    expect(without.weights).toHaveLength(chosen.weights.length - 1);
  },
);
