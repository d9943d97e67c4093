/** One guided model evaluation as pictures are made with it, without a concept: what samplers call. */

import { type Denoiser, denoiserOf } from '../../companion/diffusion/denoiser.ts';
import type { NoiseProcess } from '../../companion/diffusion/noise-process.ts';
import { samplingGraph } from '../../companion/engine/generation/sampling-graph.ts';
import { conditioningFeeds } from '../../companion/pipeline/conditioning.ts';
import type { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { float32, type Shape } from '../../companion/tensor/tensor.ts';

export interface GuidedPrompt {
  readonly prompt: string;
  /** Undefined: none at all. */
  readonly negative: string | undefined;
  /** Up to 1 the prompt alone. */
  readonly scale: number;
}

/** For latents of `shape`, [1, C, h, w], on a process that may be another than the checkpoint's own. */
export async function guidedUnet(
  pipeline: Pipeline,
  shape: Shape,
  { prompt, negative, scale }: GuidedPrompt,
  process: NoiseProcess,
): Promise<Denoiser> {
  const { model, facts } = pipeline;
  const [, , height, width] = shape as [number, number, number, number];
  const size = { width: width * facts.downscale, height: height * facts.downscale };
  const texts = scale > 1 ? [negative, prompt] : [prompt];
  const conditioning = await Promise.all(texts.map((text) => pipeline.encodePrompt(text, size)));
  const batch = texts.length;
  const graph = samplingGraph({ ...model, guided: batch === 2, height, width, concepts: [] });
  const session = await pipeline.session(graph);
  const network = async (latents: Float32Array, time: number) => {
    const { prediction } = await session.run({
      sample: float32(
        texts.flatMap(() => [...latents]),
        [batch, ...shape.slice(1)],
      ),
      timestep: float32(new Float32Array(batch).fill(time), [batch]),
      ...conditioningFeeds(conditioning),
    });
    return prediction!.data as Float32Array;
  };
  return denoiserOf(process, network, batch === 2 ? scale : undefined);
}
