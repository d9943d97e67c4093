/** A style on every kind of layer, as two programs write it, merged into the UNet and the text encoders. */

import { type LoraUse, mergeLoras } from '../../../companion/lora/merged-checkpoint.ts';
import { CONTEXT } from '../../../companion/models/family.ts';
import type { Check } from '../check.ts';
import { compare, PREDICTION, verdict } from '../comparison.ts';
import { row } from '../golden-tensors.ts';
import { goldenSize } from '../guided-unet.ts';
import { readPrompts } from '../prompts.ts';
import { predict, unetFeeds } from '../unet-run.ts';

const PREFIX = 'style_';

export const styles: Check = {
  subject: 'styles',
  async *run(golden) {
    const file = await golden.tensors('style.safetensors');
    const { batch } = await readPrompts(golden);
    const size = (await goldenSize(golden))!;
    const { checkpoint, architecture } = golden.pipeline;
    const feeds = unetFeeds(golden.pipeline, file);
    const merge = (loras: readonly LoraUse[]) =>
      mergeLoras(checkpoint, { name: checkpoint.name, architecture }, loras, { cacheFolder: golden.scratch });
    for (const name of golden.files('lora').filter((one) => one.startsWith(PREFIX))) {
      const lora = { name, path: golden.path('lora', name), weight: file.number('weight') };
      const { checkpoint: styled, merged } = await merge([lora]);
      yield verdict(`${name}: every tensor has its layer`, merged[0]!.unmatched.length === 0);
      const [prompts, eps] = await golden.withOpened(styled, async (pipeline) => [
        await Promise.all(batch.slice(0, 2).map((prompt) => pipeline.encodePrompt(prompt, size))),
        await predict(pipeline, feeds),
      ]);
      yield compare(`${name}: prediction`, eps, file.get('eps').data, PREDICTION);
      for (const [index, prompt] of prompts.entries()) {
        const expected = row(file.get('context'), index);
        yield compare(
          `${name}: context of prompt ${index + 1}`,
          prompt.get(CONTEXT)!.data,
          expected,
          PREDICTION,
        );
        const pooled = row(file.get('text_embeds'), index);
        yield compare(
          `${name}: pooled text of prompt ${index + 1}`,
          prompt.get('text_embeds')!.data,
          pooled,
          PREDICTION,
        );
      }
      const { checkpoint: plain } = await merge([{ ...lora, weight: 0 }]);
      yield verdict(`${name}: at weight 0 the model itself`, plain === checkpoint);
    }
    const plain = unetFeeds(golden.pipeline, await golden.tensors('unet.safetensors'));
    const without = await predict(golden.pipeline, plain);
    yield compare('prediction without it', without, file.get('eps_without').data, PREDICTION);
  },
};
