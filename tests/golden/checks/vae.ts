/** Pictures to latents and back, by the checkpoint's autoencoder. */

import { Graph, graphSpec } from '../../../companion/graph/graph.ts';
import { encodePicture } from '../../../companion/models/layers/autoencoder.ts';
import { Scope } from '../../../companion/models/layers/scope.ts';
import { configOf } from '../../pipeline/stable-diffusion.ts';
import type { Check } from '../check.ts';
import { ACTIVATION, compare } from '../comparison.ts';

export const vae: Check = {
  subject: 'VAE',
  async *run(golden) {
    const { pipeline } = golden;
    const file = await golden.tensors('vae.safetensors');
    const image = file.get('image');
    const shape = { config: configOf(pipeline).vae, image: image.shape };
    const spec = graphSpec('golden vae', shape, ({ config, image }) => {
      const graph = new Graph('golden vae');
      const posterior = encodePicture(new Scope(graph, 'vae'), config, graph.input('image', image));
      graph.output('mean', posterior.mean);
      graph.output('logvar', posterior.logVariance);
      return graph;
    });
    const session = await pipeline.session(spec);
    const outputs = await session.run({ image });
    const [mean, logVariance] = [outputs.mean!, outputs.logvar!].map(({ data }) => data as Float32Array);
    yield compare('posterior mean', mean!, file.get('mean').data, ACTIVATION);
    yield compare('posterior log variance', logVariance!, file.get('logvar').data, ACTIVATION);
    const deviation = logVariance!.map((value) => Math.exp(value / 2));
    yield compare('posterior standard deviation', deviation, file.get('std').data, ACTIVATION);

    const [, , height, width] = image.shape as [number, number, number, number];
    const latents = await pipeline.encodePicture(image.data, height, width);
    yield compare('scaled latents', latents, file.get('latent_mode_scaled').data, ACTIVATION);

    const scaled = file.get('z_scaled');
    const decoded = await pipeline.decodeLatents(scaled.data, scaled.shape[2]!, scaled.shape[3]!);
    yield compare('decoded picture', decoded, file.get('decoded').data, ACTIVATION);
  },
};
