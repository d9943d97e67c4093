/** The whole way: prompt, text states, ten guided steps, decoder, and the picture's bytes. */

import { samplers } from '../../../companion/diffusion/samplers/index.ts';
import { fromModelRange } from '../../../companion/images/encode.ts';
import type { Check } from '../check.ts';
import { compare, type Tolerance, TRAJECTORY } from '../comparison.ts';
import type { GoldenDirectory } from '../golden-directory.ts';
import { Absent, row } from '../golden-tensors.ts';
import { goldenSize, guidedUnet } from '../guided-unet.ts';
import { readPrompts } from '../prompts.ts';
import { openTrajectory, processOf, type Trajectory } from '../trajectory.ts';

/** A value that lies on the border between two bytes may fall to either side. */
const BYTE: Tolerance = { limit: 1, unit: 'absolute' };

/** Names of the arrays by what was left out of the picture. Plain ones are those of an empty negative prompt. */
const NEGATIVES: readonly (readonly [suffix: string, negative: string | undefined])[] = [
  ['', ''],
  ['_no_negative', undefined],
  ['_negative', 'blurry, text'],
];

export const promptToPicture: Check = {
  subject: 'prompt to picture',
  async *run(golden) {
    const [kind] = golden.kinds('e2e_');
    if (kind === undefined) throw new Absent('no golden/e2e_*.safetensors');
    const file = await golden.tensors(`e2e_${kind}.safetensors`);
    const trajectory = await openTrajectory(golden, `traj_${kind}`);
    for (const [suffix, negative] of NEGATIVES) {
      if (!file.names().includes(`latents${suffix}`)) continue;
      const latents = await sampled(golden, trajectory, negative);
      yield compare(`latents${suffix}`, latents, file.get(`latents${suffix}`).data, TRAJECTORY);

      const [, , rows, columns] = file.get(`latents${suffix}`).shape as [number, number, number, number];
      const values = await golden.pipeline.decodeLatents(latents, rows, columns);
      const image = file.get(`image${suffix}`);
      yield compare(`picture${suffix}`, values, image.data, TRAJECTORY);
      if (suffix !== '') continue;
      const [, , height, width] = image.shape as [number, number, number, number];
      const { data } = fromModelRange(values, width, height);
      yield compare('bytes', planes(data), row(file.get('image_u8'), 0), BYTE);
    }
  },
};

/** The latents that the trajectory's noise becomes. */
async function sampled(
  golden: GoldenDirectory,
  trajectory: Trajectory,
  negative: string | undefined,
): Promise<Float32Array> {
  const noise = trajectory.file.get('noise');
  const { scene } = await readPrompts(golden);
  const scale = trajectory.file.number('guidance');
  const prompt = { prompt: scene, negative, scale, size: await goldenSize(golden) };
  let latents = noise.data;
  const process = processOf(trajectory);
  const steps = samplers[trajectory.sampler].sample({
    process,
    steps: trajectory.file.number('steps'),
    latents: noise.data,
    denoise: await guidedUnet(golden.pipeline, noise.shape, prompt, process),
    noise: (step) => row(trajectory.file.get('step_noise'), step),
  });
  for await (const step of steps) latents = step.latents;
  return latents;
}

/** [h, w, 3] -> [3, h, w] */
function planes(pixels: ArrayLike<number>): Float32Array {
  const size = pixels.length / 3;
  return Float32Array.from(
    { length: pixels.length },
    (_, i) => pixels[(i % size) * 3 + Math.floor(i / size)]!,
  );
}
