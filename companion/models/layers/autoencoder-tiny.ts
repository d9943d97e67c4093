/**
 * AutoencoderTiny (Bohan's TAESD in diffusers): a small codec for the same latents, fast enough for previews.
 * Its layers are one numbered sequence, activations and upsamplings counted.
 */

import { add, div, mul, relu, sub, tanh, upsampleNearest2x } from '../../graph/ops/index.ts';
import type { Value } from '../../graph/value.ts';
import type { TinyVaeConfig } from './autoencoder-config.ts';
import { convLayer } from './layers.ts';
import type { Scope } from './scope.ts';

/** Latents beyond this magnitude are squashed before decoding. */
const LATENT_MAGNITUDE = 3;

/**
 * Picture [B, 3, H, W] in [-1, 1] -> latents [B, latentChannels, H/f, W/f] in the codec's own scale.
 * @internal
 */
export function encodePictureTiny(scope: Scope, config: TinyVaeConfig, picture: Value): Value {
  const layers = scope.at('encoder', 'layers');
  let index = 0;
  let h = div(add(picture, 1), 2);
  for (const [level, blocks] of config.encoderBlocks.entries()) {
    const channels = config.encoderChannels[level]!;
    h = convLayer(layers.at(index++), h, channels, {
      kernel: 3,
      stride: level === 0 ? 1 : 2,
      bias: level === 0,
    });
    for (let block = 0; block < blocks; block++) h = tinyBlock(layers.at(index++), h);
  }
  return convLayer(layers.at(index), h, config.latentChannels, { kernel: 3 });
}

/** Latents [B, latentChannels, h, w] in the codec's own scale -> picture [B, 3, h*f, w*f], about [-1, 1]. */
export function decodeLatentsTiny(scope: Scope, config: TinyVaeConfig, latents: Value): Value {
  const layers = scope.at('decoder', 'layers');
  let h = mul(tanh(div(latents, LATENT_MAGNITUDE)), LATENT_MAGNITUDE);
  h = relu(convLayer(layers.at(0), h, config.decoderChannels[0]!, { kernel: 3 }));
  let index = 2; // 1 is the activation
  for (const [level, blocks] of config.decoderBlocks.entries()) {
    const last = level === config.decoderBlocks.length - 1;
    for (let block = 0; block < blocks; block++) h = tinyBlock(layers.at(index++), h);
    if (!last) {
      h = upsampleNearest2x(h);
      index++;
    }
    const channels = last ? 3 : config.decoderChannels[level]!;
    h = convLayer(layers.at(index++), h, channels, { kernel: 3, bias: last });
  }
  return sub(mul(h, 2), 1);
}

/** Three convolutions and a skip, [B, C, h, w]. */
function tinyBlock(scope: Scope, x: Value): Value {
  const channels = x.shape[1]!;
  let h = x;
  for (const index of [0, 2, 4]) {
    h = convLayer(scope.at('conv', index), h, channels, { kernel: 3 });
    if (index < 4) h = relu(h);
  }
  return relu(add(h, x));
}
