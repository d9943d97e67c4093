/** Every module's output inside the UNet, in the order of the forward pass: the first that is wrong is the culprit. */

import type { Shape, Tensor } from '../../../companion/tensor/tensor.ts';
import type { Check } from '../check.ts';
import { ACTIVATION, type Comparison, compare, verdict, worst } from '../comparison.ts';
import type { GoldenTensor } from '../golden-tensors.ts';
import { channelsFirst } from '../token-layout.ts';
import { observe, unetFeeds } from '../unet-run.ts';

/**
 * The reference has one SiLU module for all its unnamed activations and records its last call, the one before
 * conv_out, under the name of its first.
 */
const NAMED_OTHERWISE: Readonly<Record<string, string>> = { 'time_embedding.act': 'conv_act' };

export const unetActivations: Check = {
  subject: 'UNet activations',
  async *run(golden) {
    const file = await golden.tensors('unet_activations.safetensors');
    const feeds = unetFeeds(golden.pipeline, await golden.tensors('unet.safetensors'));
    const pathOf = new Map(file.names().map((name) => [NAMED_OTHERWISE[name] ?? name, name]));
    const observed = await observe(golden.pipeline, feeds, [...pathOf.keys()]);

    const parts: Comparison[] = [];
    for (const [path, tensor] of observed) {
      const expected = file.get(pathOf.get(path)!);
      parts.push(compare(path, inLayoutOf(expected, tensor), expected.data, ACTIVATION));
    }
    if (parts.length > 0) yield worst('modules', parts);
    const unknown = [...pathOf].filter(([path]) => !observed.has(path)).map(([, name]) => name);
    yield verdict('every module is there', unknown.length === 0, unknown.join(', ') || undefined);
  },
};

/** The samples that the golden array has, in its layout: inside a transformer ours is [B, hw, C] for [B, C, h, w]. */
function inLayoutOf(expected: GoldenTensor, { shape, data }: Tensor): Float32Array {
  const values = (data as Float32Array).subarray(0, expected.data.length);
  const [, channels, height, width] = expected.shape;
  const asTokens: Shape = [shape[0]!, height! * width!, channels!];
  return expected.shape.length === 4 && shape.join() === asTokens.join()
    ? channelsFirst(values, height! * width!, channels!)
    : values;
}
