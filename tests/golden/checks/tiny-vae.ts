/** Pictures to latents and back, by the small autoencoder that previews use. */

import { openComponent } from '../../../companion/checkpoint/diffusers-folder.ts';
import { locateWeights } from '../../../companion/checkpoint/external-weights.ts';
import { Graph } from '../../../companion/graph/graph.ts';
import { parseTinyVaeConfig } from '../../../companion/models/layers/autoencoder-config.ts';
import { decodeLatentsTiny, encodePictureTiny } from '../../../companion/models/layers/autoencoder-tiny.ts';
import { Scope, splitParameterName } from '../../../companion/models/layers/scope.ts';
import { openSession } from '../../../companion/runtime/session.ts';
import { COMPONENTS } from '../../checkpoint/component-specs.ts';
import type { Check } from '../check.ts';
import { ACTIVATION, compare } from '../comparison.ts';

export const tinyVae: Check = {
  subject: 'tiny VAE',
  async *run(golden) {
    const file = await golden.tensors('taesd.safetensors');
    const { config, weights } = await openComponent(golden.path('taesd'), COMPONENTS.vae, '');
    const tiny = parseTinyVaeConfig(config);
    const locate = await locateWeights(weights, golden.scratch);
    const [image, z] = [file.get('image'), file.get('z')];

    const graph = new Graph('golden tiny vae');
    const scope = new Scope(graph, 'tiny_vae');
    graph.output('latents', encodePictureTiny(scope, tiny, graph.input('image', image.shape)));
    graph.output('decoded', decodeLatentsTiny(scope, tiny, graph.input('z', z.shape)));
    const session = await openSession(graph, (parameter) => locate(splitParameterName(parameter).name));
    const { latents, decoded } = await session.run({ image, z });
    await session.release();
    yield compare('latents', latents!.data as Float32Array, file.get('latents').data, ACTIVATION);
    yield compare('decoded picture', decoded!.data as Float32Array, file.get('decoded').data, ACTIVATION);
  },
};
