/** Weights that are not finite: merges overflow in half precision, and such a model makes nothing but grey or noise. */

import { LikenessError } from '../../shared/errors.ts';
import type { Checkpoint } from '../checkpoint/component.ts';
import { modelConfigOf } from '../models/families/registry.ts';
import { splitParameterName } from '../models/layers/scope.ts';
import { wholeGraph } from '../models/model-graphs.ts';
import { readFloat32 } from '../tensor/safetensors-file.ts';

/**
 * Reads every weight that a graph of the model needs.
 * @throws LikenessError `checkpoint-format` with the first that is not finite, `checkpoint-*` for what cannot be read
 */
export async function requireFiniteWeights(checkpoint: Checkpoint): Promise<void> {
  for (const parameter of wholeGraph(modelConfigOf(checkpoint)).build().parameters.keys()) {
    const { component, name } = splitParameterName(parameter);
    const { weights } = checkpoint.components.get(component)!;
    const { data } = await readFloat32(weights.get(name));
    const fault = data.findIndex((value) => !Number.isFinite(value));
    if (fault === -1) continue;
    throw new LikenessError(
      'checkpoint-format',
      `${checkpoint.name}: tensor ${name} in ${component} has ${data[fault]} at element ${fault} of ${data.length}, expected finite numbers`,
      {
        advice:
          'The model was saved so, most likely by a merge in half precision: use its fp32 weights, or another version of it.',
      },
    );
  }
}

/**
 * Says why what a model computed is not finite, where it is not.
 * @param otherwise the reason where every weight is finite
 * @throws LikenessError `checkpoint-format` as requireFiniteWeights, else `otherwise`
 */
export async function requireFinite(
  values: Float32Array,
  checkpoint: Checkpoint,
  otherwise: () => LikenessError = () => overflow(checkpoint),
): Promise<void> {
  if (values.every(Number.isFinite)) return;
  await requireFiniteWeights(checkpoint);
  throw otherwise();
}

function overflow({ name }: Checkpoint): LikenessError {
  return new LikenessError(
    'checkpoint-unsupported',
    `${name} overflows, although each of its weights is finite`,
    {
      advice:
        'Try another sampler, a lower guidance scale or --device cpu; else use another version of the model.',
    },
  );
}
