/** One guided model evaluation as pictures are made with it, without a concept: what samplers call. */

import { guided } from '../../companion/diffusion/denoiser.ts';
import type { PredictModel } from '../../companion/diffusion/samplers/sampler.ts';
import { samplingGraph } from '../../companion/engine/generation/sampling-graph.ts';
import type { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { float32, type Shape } from '../../companion/tensor/tensor.ts';

export interface GuidedPrompt {
  readonly prompt: string;
  readonly negative: string;
  readonly scale: number;
}

/** For latents of `shape`, [1, C, h, w]. */
export async function guidedUnet(
  pipeline: Pipeline,
  shape: Shape,
  { prompt, negative, scale }: GuidedPrompt,
): Promise<PredictModel> {
  const { tokenizer, text, unet } = pipeline;
  const states = await pipeline.encodeTokens([negative, prompt].map((words) => tokenizer.encode(words).ids));
  const [, , height, width] = shape as [number, number, number, number];
  const graph = samplingGraph({ unet, guided: true, height, width, tokens: text.length, concepts: [] });
  const session = await pipeline.session(graph);
  return async (latents, timestep) => {
    const { prediction } = await session.run({
      sample: float32(Float32Array.of(...latents, ...latents), [2, ...shape.slice(1)]),
      timestep: float32([timestep, timestep], [2]),
      encoder_hidden_states: states,
    });
    return guided(prediction!.data as Float32Array, scale);
  };
}
