/** The whole way: prompt, text states, ten guided DDIM steps, decoder, and the picture's bytes. */

import { samplers } from '../../../companion/diffusion/samplers/index.ts';
import { fromModelRange } from '../../../companion/images/encode.ts';
import type { Check } from '../check.ts';
import { compare, type Tolerance, TRAJECTORY } from '../comparison.ts';
import { row } from '../golden-tensors.ts';
import { guidedUnet } from '../guided-unet.ts';
import { readPrompts } from '../prompts.ts';
import { openTrajectory, processOf } from '../trajectory.ts';

/** A value that lies on the border between two bytes may fall to either side. */
const BYTE: Tolerance = { limit: 1, unit: 'absolute' };

export const promptToPicture: Check = {
  subject: 'prompt to picture',
  async *run(golden) {
    const file = await golden.tensors('e2e_ddim.safetensors');
    const trajectory = await openTrajectory(golden, 'ddim');
    const noise = trajectory.file.get('noise');
    const [, , rows, columns] = noise.shape as [number, number, number, number];
    const { scene } = await readPrompts(golden);
    const prompt = { prompt: scene, negative: '', scale: trajectory.file.number('guidance') };

    let latents = noise.data;
    const process = processOf(trajectory);
    const steps = samplers[trajectory.sampler].sample({
      process,
      steps: trajectory.file.number('steps'),
      latents: noise.data,
      denoise: await guidedUnet(golden.pipeline, noise.shape, prompt, process),
    });
    for await (const step of steps) latents = step.latents;
    yield compare('latents', latents, file.get('latents').data, TRAJECTORY);

    const values = await golden.pipeline.decodeLatents(latents, rows, columns);
    const image = file.get('image');
    yield compare('picture', values, image.data, TRAJECTORY);

    const [, , height, width] = image.shape as [number, number, number, number];
    const { data } = fromModelRange(values, width, height);
    const bytes = file.get('image_u8');
    yield compare('bytes', planes(data), row(bytes, 0), BYTE);
  },
};

/** [h, w, 3] -> [3, h, w] */
function planes(pixels: ArrayLike<number>): Float32Array {
  const size = pixels.length / 3;
  return Float32Array.from(
    { length: pixels.length },
    (_, i) => pixels[(i % size) * 3 + Math.floor(i / size)]!,
  );
}
