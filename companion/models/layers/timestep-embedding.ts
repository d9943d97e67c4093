/** Sinusoidal timestep embedding (Vaswani et al. 2017), then diffusers' TimestepEmbedding of two linear layers. */

import { concat, cos, mul, reshape, silu, sin } from '../../graph/ops.ts';
import type { Value } from '../../graph/value.ts';
import { float32 } from '../../tensor/tensor.ts';
import { linearLayer } from './layers.ts';
import type { Scope } from './scope.ts';
import type { UnetConfig } from './unet-config.ts';

const MAX_PERIOD = 10_000;

/** timestep [B] (0 to 999, fractions allowed) -> [B, 4 * blockOutChannels[0]] */
export function timestepEmbedding(scope: Scope, timestep: Value, config: UnetConfig): Value {
  const channels = config.blockOutChannels[0]!;
  const half = channels / 2;
  // Each step rounded to float32, as the reference does: a frequency off by one bit moves waves of late timesteps
  // by 1e-5.
  const frequencies = Float32Array.from({ length: half }, (_, index) =>
    Math.exp(
      Math.fround(Math.fround(Math.fround(-Math.log(MAX_PERIOD)) * index) / (half - config.freqShift)),
    ),
  );
  const row = scope.graph.constant(float32(frequencies, [1, half]));
  const angles = mul(reshape(timestep, [timestep.shape[0]!, 1]), row); // [B, half]
  const halves = config.flipSinToCos ? [cos(angles), sin(angles)] : [sin(angles), cos(angles)];
  const waves = scope.at('time_proj').tap(concat(halves, -1)); // [B, channels]
  const embedding = scope.at('time_embedding');
  const hidden = linearLayer(embedding.at('linear_1'), waves, 4 * channels);
  return embedding.tap(linearLayer(embedding.at('linear_2'), silu(hidden), 4 * channels));
}
