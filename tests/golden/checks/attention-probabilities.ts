/** What every attention layer of the UNet looks at: cross-attention is where localization reads its masks. */

import type { Check } from '../check.ts';
import { compare, PREDICTION, worst } from '../comparison.ts';
import { observe, unetFeeds } from '../unet-run.ts';

function probabilities(subject: string, fileName: string): Check {
  return {
    subject,
    async *run(golden) {
      const file = await golden.tensors(fileName);
      const feeds = unetFeeds(golden.pipeline, await golden.tensors('unet.safetensors'));
      const layers = file.names();
      const observed = await observe(
        golden.pipeline,
        feeds,
        layers.map((layer) => `${layer}.probs`),
      );
      const parts = layers.map((layer) => {
        const expected = file.get(layer).data;
        const got = (observed.get(`${layer}.probs`)?.data ?? new Float32Array()) as Float32Array;
        return compare(layer, got.subarray(0, expected.length), expected, PREDICTION);
      });
      yield worst('layers', parts);
    },
  };
}

export const selfAttention = probabilities('self-attention', 'unet_attn1_probs.safetensors');
export const crossAttention = probabilities('cross-attention', 'unet_attn2_probs.safetensors');
