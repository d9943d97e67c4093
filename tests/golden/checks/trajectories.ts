/** Every sampler from noise to latents: with the model in the loop, and on the reference's own model outputs. */

import { denoiserOf } from '../../../companion/diffusion/denoiser.ts';
import { noiseProcessOf } from '../../../companion/diffusion/scheduler-config.ts';
import { paintedPart } from '../../../companion/pipeline/inpainting.ts';
import type { Check } from '../check.ts';
import { ACTIVATION, compare, type Tolerance, TRAJECTORY } from '../comparison.ts';
import type { GoldenDirectory } from '../golden-directory.ts';
import { Absent, type GoldenTensors, row } from '../golden-tensors.ts';
import { goldenSize, guidedUnet } from '../guided-unet.ts';
import { readPrompts } from '../prompts.ts';
import { follow, openTrajectory, processOf, type Trajectory } from '../trajectory.ts';

/**
 * PNDM weighs four outputs by 55, -59, 37 and -9 parts of 24, so that their roundings come out 3.7 times as large. On sd2 no
 * implementation in float32 comes nearer than that: in parts of the last steps' deviation the reference's own float32
 * trajectory lies 1.09e-4 from the same program's in float64 (diffusers 0.42.1, tables and network), today's build of it
 * 1.16e-4 from that and 1.43e-4 from the reference, this program 1.02e-4 and 1.44e-4. Two such errors may add up to this.
 */
const PNDM: Tolerance = { ...TRAJECTORY, limit: 2.2e-4 };

/** In half precision on sd2 diffusers 0.42.1 in float16 comes to 0.151. */
const HALF_PNDM: Tolerance = { ...TRAJECTORY, limit: 0.15 };

/**
 * Where a schedule ends in pure noise, diffusers' Euler steps down from sigma 4096 in float32, where two values lie 4.9e-4
 * apart: after one step its own sample is that far from the estimate that it should be.
 */
const FROM_PURE_NOISE: Tolerance = { ...TRAJECTORY, limit: 2e-3 };

function onOutputs({ sampler, config }: Trajectory): Tolerance {
  const isFromPureNoise = config.rescale_betas_zero_snr === true && sampler.startsWith('euler');
  return isFromPureNoise ? FROM_PURE_NOISE : TRAJECTORY;
}

function inTheLoop(of: Trajectory, { tolerances: { trajectory } }: GoldenDirectory): Tolerance {
  const { sampler } = of;
  if (trajectory === TRAJECTORY && onOutputs(of) !== TRAJECTORY) return FROM_PURE_NOISE;
  if (sampler !== 'pndm') return trajectory;
  return trajectory === TRAJECTORY ? PNDM : HALF_PNDM;
}

export const trajectories: Check = {
  subject: 'trajectories, model in the loop',
  async *run(golden) {
    const { scene } = await readPrompts(golden);
    const size = await goldenSize(golden);
    for await (const [kind, trajectory] of all(golden)) {
      const { file } = trajectory;
      const prompt = { prompt: scene, negative: '', scale: file.number('guidance'), size };
      const process = processOf(trajectory);
      const denoise = await guidedUnet(
        golden.pipeline,
        file.get('noise').shape,
        prompt,
        process,
        paintedOf(file),
      );
      yield await follow(kind, trajectory, process, denoise, inTheLoop(trajectory, golden));
    }
  },
};

export const samplerSteps: Check = {
  subject: "trajectories, on the reference's outputs",
  async *run(golden) {
    for await (const [kind, trajectory] of all(golden)) {
      const outputs = trajectory.file.get('guided_model_output');
      const process = processOf(trajectory);
      const denoise = denoiserOf(process, async (_latents, _time, index) => row(outputs, index));
      yield await follow(kind, trajectory, process, denoise, onOutputs(trajectory));
    }
  },
};

/**
 * The same outputs told as of the other kind must lead a sampler the same way: noise as a velocity, or a velocity as noise.
 * PNDM is left out, since it combines outputs of several levels, where one kind is not the other.
 */
export const toldOtherwise: Check = {
  subject: 'trajectories, outputs told as of the other kind',
  async *run(golden) {
    for await (const [kind, trajectory] of all(golden)) {
      // Noise says nothing of a picture in a schedule that ends in it.
      if (trajectory.sampler === 'pndm' || trajectory.config.rescale_betas_zero_snr === true) continue;
      const outputs = trajectory.file.get('guided_model_output');
      const own = processOf(trajectory);
      const prediction_type = own.prediction === 'epsilon' ? 'v_prediction' : 'epsilon';
      const process = noiseProcessOf({ ...trajectory.config, prediction_type });
      yield await follow(kind, trajectory, process, async (latents, { level }, index) => {
        const { denoised, noise } = own.split(row(outputs, index), latents, level);
        return process.split(process.target(denoised, noise, level), latents, level);
      });
    }
  },
};

const PREFIXES = ['traj_', 'fewstep_', 'img2img_', 'inpaint_', 'inpaint9_'] as const;

/** The mask and what is kept, of models that look at both. */
function paintedOf(file: GoldenTensors): Float32Array | undefined {
  if (!file.names().includes('masked_image_latents')) return undefined;
  return Float32Array.from([...file.get('mask').data, ...file.get('masked_image_latents').data]);
}

/** The kept part as it is encoded here: the picture's own pixels, with the painted part at 0. */
export const keptParts: Check = {
  subject: 'inpainting, the kept part',
  async *run(golden) {
    const kinds = golden.kinds('inpaint9_');
    if (kinds.length === 0) throw new Absent('no golden/inpaint9_*.safetensors');
    for (const kind of kinds) {
      const { file } = await openTrajectory(golden, `inpaint9_${kind}`);
      const [, , height, width] = file.get('image').shape as [number, number, number, number];
      const mask = file.get('mask');
      const [, , rows, columns] = mask.shape as [number, number, number, number];
      const painted = new Float32Array(height * width).map((_, pixel) => {
        const row = Math.floor((Math.floor(pixel / width) * rows) / height);
        return mask.data[row * columns + Math.floor(((pixel % width) * columns) / width)]!;
      });
      const cells = { height: rows, width: columns };
      const part = await paintedPart(golden.pipeline, file.get('image').data, painted, mask.data, cells);
      yield compare(kind, part, paintedOf(file)!, ACTIVATION);
    }
  },
};

async function* all(golden: GoldenDirectory): AsyncGenerator<[kind: string, trajectory: Trajectory]> {
  const names = PREFIXES.flatMap((prefix) => golden.kinds(prefix).map((kind) => prefix + kind));
  if (names.length === 0) throw new Absent('no golden/traj_*.safetensors or the like');
  for (const name of names) yield [name.replace(/^traj_/, ''), await openTrajectory(golden, name)];
}
