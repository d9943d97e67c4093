/** One guided model evaluation as pictures are made with it, without a concept: what samplers call. */

import { type Denoiser, denoiserOf } from '../../companion/diffusion/denoiser.ts';
import type { NoiseProcess } from '../../companion/diffusion/noise-process.ts';
import { samplingGraph } from '../../companion/engine/generation/sampling-graph.ts';
import { conditioningFeeds, guidanceFeeds } from '../../companion/pipeline/conditioning.ts';
import { type PaintedPart, paintedFeeds } from '../../companion/pipeline/inpainting.ts';
import type { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { isGuided } from '../../companion/pipeline/settings.ts';
import { float32, type Shape } from '../../companion/tensor/tensor.ts';
import type { ImageSize } from '../../shared/geometry.ts';
import type { GoldenDirectory } from './golden-directory.ts';
import { Absent } from './golden-tensors.ts';

export interface GuidedPrompt {
  readonly prompt: string;
  /** Undefined: none at all. */
  readonly negative: string | undefined;
  /** Up to 1 the prompt alone. */
  readonly scale: number;
  /** That the model is told, in pixels; default: the picture's own. */
  readonly size?: ImageSize | undefined;
}

/** Size that the reference told the model, whatever its pictures have; undefined where it told none. */
export async function goldenSize(golden: GoldenDirectory): Promise<ImageSize | undefined> {
  try {
    const ids = (await golden.tensors('conditioning.safetensors')).get('time_ids').data;
    const [height, width] = ids.subarray(-2) as unknown as [number, number];
    return { height, width };
  } catch (cause) {
    if (cause instanceof Absent) return undefined;
    throw cause;
  }
}

/** For latents of `shape`, [1, C, h, w], on a process that may be another than the checkpoint's own. */
export async function guidedUnet(
  pipeline: Pipeline,
  shape: Shape,
  { prompt, negative, scale, size: told }: GuidedPrompt,
  process: NoiseProcess,
  painted?: PaintedPart,
): Promise<Denoiser> {
  const { model, facts } = pipeline;
  const [, , height, width] = shape as [number, number, number, number];
  const size = told ?? { width: width * facts.downscale, height: height * facts.downscale };
  const guided = isGuided(facts, { guidanceScale: scale });
  const texts = guided ? [negative, prompt] : [prompt];
  const conditioning = await Promise.all(texts.map((text) => pipeline.encodePrompt(text, size)));
  const batch = texts.length;
  const graph = samplingGraph({ ...model, guided, height, width, concepts: [] });
  const session = await pipeline.session(graph);
  const network = async (latents: Float32Array, time: number) => {
    const { prediction } = await session.run({
      sample: float32(
        texts.flatMap(() => [...latents]),
        [batch, ...shape.slice(1)],
      ),
      timestep: float32(new Float32Array(batch).fill(time), [batch]),
      ...conditioningFeeds(conditioning),
      ...guidanceFeeds(model, scale, batch),
      ...paintedFeeds(painted, batch, { height, width }),
    });
    return prediction!.data as Float32Array;
  };
  return denoiserOf(process, network, batch === 2 ? scale : undefined);
}
