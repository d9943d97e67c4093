/** The UNet's answer alone: a batch with its own timesteps, a rectangle, the ends of the schedule, a fraction. */

import { CONTEXT } from '../../../companion/models/family.ts';
import type { Check } from '../check.ts';
import { compare } from '../comparison.ts';
import { rows } from '../golden-tensors.ts';
import { conditioningRows } from '../localized-run.ts';
import { predict, unetFeeds } from '../unet-run.ts';

export const noisePrediction: Check = {
  subject: 'noise prediction',
  async *run(golden) {
    const file = await golden.tensors('unet.safetensors');
    const { pipeline, tolerances } = golden;
    const batch = unetFeeds(pipeline, file);
    const conditioning = conditioningRows(batch.conditioning, 0, 1);
    const one = { sample: rows(batch.sample, 0, 1), conditioning };

    const together = await predict(pipeline, batch);
    yield compare(
      'a batch, each sample at its timestep',
      together,
      file.get('eps').data,
      tolerances.prediction,
    );

    const rectangle = { ...one, sample: file.get('rect_sample'), timesteps: file.get('rect_t').data };
    const stretched = await predict(pipeline, rectangle);
    yield compare('a rectangle', stretched, file.get('rect_eps').data, tolerances.prediction);

    for (const [timestep, name] of [[0, 'eps_t0'] as const, [500.25, 'eps_t500_25'] as const]) {
      const got = await predict(pipeline, { ...one, timesteps: Float32Array.of(timestep) });
      yield compare(`timestep ${timestep}`, got, file.get(name).data, tolerances.prediction);
    }
    const empty = Object.fromEntries(
      Object.entries(conditioning).map(([name, values]) => {
        const given = name === CONTEXT ? 'uncond' : `uncond_${name}`;
        return [name, file.names().includes(given) ? file.get(given) : values];
      }),
    );
    const noisiest = { ...one, timesteps: Float32Array.of(999), conditioning: empty };
    const unconditional = await predict(pipeline, noisiest);
    yield compare(
      'timestep 999, empty prompt',
      unconditional,
      file.get('eps_t999_uncond').data,
      tolerances.prediction,
    );
  },
};
