/**
 * Product masks: where a picture's concepts are, found in the finished picture by a few steps from it at the model's own size,
 * as their masks are found when a picture is made.
 */

import { toModelRange } from '../../images/encode.ts';
import { workingSize, workingSizes } from '../../images/painting/painting-frame.ts';
import { flatten, type Picture } from '../../images/picture.ts';
import { resizePicture } from '../../images/resize.ts';
import { everythingPainted } from '../../pipeline/inpainting.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { SamplingSettings } from '../../pipeline/settings.ts';
import type { MaskReport } from '../events.ts';
import { compose } from '../generation/composition.ts';
import { samplingShape } from '../generation/guided-pass.ts';
import { type PreparingEvent, prepared } from '../generation/picture-sessions.ts';
import type { ReadPrompt } from '../generation/prompt.ts';
import { samplePicture } from '../generation/sample-picture.ts';
import { samplingGraph } from '../generation/sampling-graph.ts';
import type { GenerateRequest } from '../requests.ts';

/** Share of the steps: enough noise that the model looks for the product, and so little that it stays where it is. */
const STRENGTH = 0.4;

/** One a concept that acts; none where the prompt mentions none, or none of them acts. */
export async function* productMasks(
  model: LoadedModel,
  request: GenerateRequest,
  prompt: ReadPrompt,
  settings: SamplingSettings,
  source: Picture,
): AsyncGenerator<PreparingEvent, readonly MaskReport[]> {
  const { pipeline } = model;
  if (prompt.mentioned.length === 0 || settings.mask === 'off') return [];
  const { downscale } = pipeline.facts;
  // Narrower or wider than the model's sizes it is squeezed: a cut would lose products at its edges.
  const size = workingSize(source, workingSizes(pipeline.facts));
  const cells = { height: size.height / downscale, width: size.width / downscale };
  const whole = { ...request, together: 'words', regions: [], keepRest: false } as const;
  const options = {
    settings: { ...settings, mask: 'adaptive' as const },
    ...cells,
    painted: await everythingPainted(pipeline, cells),
    frame: undefined,
  };
  const composition = yield* compose(model, whole, prompt, options);
  if (composition.active.length === 0) return [];
  const pixels = toModelRange(flatten(await resizePicture(source, size.width, size.height)));
  const picture = await pipeline.encodePicture(pixels, size.height, size.width);
  yield* prepared(pipeline, 'denoiser', samplingGraph(samplingShape(pipeline, composition.whole)));
  const { seed, signal } = request;
  const steps = samplePicture(pipeline, {
    ...composition.whole,
    seed,
    start: { picture, strength: STRENGTH },
    signal,
  });
  let next = await steps.next();
  while (!next.done) next = await steps.next();
  return next.value.masks!.map(({ mask, height, width, confidence }, index) => ({
    concept: composition.active[index]!.concept.name,
    rows: height,
    columns: width,
    values: mask,
    confidence,
  }));
}
