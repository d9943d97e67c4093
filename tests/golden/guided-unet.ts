/** One guided model evaluation as pictures are made with it, without a concept: what samplers call. */

import { type Denoiser, denoiserOf } from '../../companion/diffusion/denoiser.ts';
import type { NoiseProcess } from '../../companion/diffusion/noise-process.ts';
import { samplingGraph } from '../../companion/engine/generation/sampling-graph.ts';
import type { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { float32, type Shape } from '../../companion/tensor/tensor.ts';

export interface GuidedPrompt {
  readonly prompt: string;
  readonly negative: string;
  readonly scale: number;
}

/** For latents of `shape`, [1, C, h, w], on a process that may be another than the checkpoint's own. */
export async function guidedUnet(
  pipeline: Pipeline,
  shape: Shape,
  { prompt, negative, scale }: GuidedPrompt,
  process: NoiseProcess,
): Promise<Denoiser> {
  const { tokenizer, model, facts } = pipeline;
  const states = await pipeline.encodeTokens([negative, prompt].map((words) => tokenizer.encode(words).ids));
  const [, , height, width] = shape as [number, number, number, number];
  const graph = samplingGraph({ ...model, guided: true, height, width, tokens: facts.tokens, concepts: [] });
  const session = await pipeline.session(graph);
  const network = async (latents: Float32Array, time: number) => {
    const { prediction } = await session.run({
      sample: float32(Float32Array.of(...latents, ...latents), [2, ...shape.slice(1)]),
      timestep: float32([time, time], [2]),
      encoder_hidden_states: states,
    });
    return prediction!.data as Float32Array;
  };
  return denoiserOf(process, network, scale);
}
