/** generate: places concepts in new scenes, from a prompt to PNGs. */

import type { GraphSpec } from '../../graph/graph.ts';
import { seesKeptPart } from '../../pipeline/inpainting.ts';
import { type LoadedModel, loadModel } from '../../pipeline/loaded-model.ts';
import { previewer } from '../../pipeline/preview.ts';
import { makeFolder, USER_MODES } from '../../storage/atomic-file.ts';
import type { LocalGenerateEvent } from '../events.ts';
import { StepTimer } from '../pace.ts';
import type { GenerateRequest } from '../requests.ts';
import { upscaleOn } from '../upscaling/upscale.ts';
import { type BatchPlan, batchShapes, planBatches } from './batch-plan.ts';
import { compose } from './composition.ts';
import { type Finishing, finishedPicture } from './finished-picture.ts';
import { samplingShape } from './guided-pass.ts';
import { type MadeLatents, makeLatents, passesOf } from './kept-rest.ts';
import { introduced, settled } from './opening.ts';
import { openPainting, planPainting } from './painting.ts';
import { type BatchMaking, makeBatch } from './picture-batch.ts';
import { PictureCodec } from './picture-codec.ts';
import { prepared } from './picture-sessions.ts';
import { fitNote, latentSize, sizedRequest } from './picture-size.ts';
import { requireProduct } from './product-only.ts';
import { planProduct } from './product-placing.ts';
import { type MadeScene, makeScene } from './product-scene.ts';
import type { PictureStep } from './sample-picture.ts';
import type { SamplingShape } from './sampling-graph.ts';
import { denoiserMemory, encoderOf, planEncoding, specsOf } from './sampling-plan.ts';
import type { StepBarrier } from './step-barrier.ts';

/** @throws LikenessError `concept-*`, `checkpoint-*`, `memory`, `storage`, `input`, or `cancelled` between two steps */
export async function* generate(request: GenerateRequest): AsyncGenerator<LocalGenerateEvent, void> {
  const model = await loadModel(request);
  try {
    yield* generateOn(model, request);
  } finally {
    await model.pipeline.close();
  }
}

/** As `generate`, on a model that is open already and stays open. */
export async function* generateOn(
  model: LoadedModel,
  given: GenerateRequest,
): AsyncGenerator<LocalGenerateEvent, void> {
  if (given.upscale !== undefined) return yield* upscaleOn(model, given, given.upscale);
  const { pipeline } = model;
  const { request, fit } = sizedRequest(given, pipeline.facts);
  yield* introduced(model, request, fitNote(fit));
  const product = await planProduct(model, request);
  const planned = product === undefined ? await planPainting(model, request) : undefined;
  const part = product ? { original: product.layout, frame: product.frame } : (planned ?? fit);
  const cells = latentSize(pipeline.facts, part?.frame ?? request.size);
  const { prompt, settings } = yield* settled(model, request);
  const { mentioned } = prompt;
  const frame = part && { ...part.frame, original: part.original };
  if (product !== undefined || planned !== undefined || seesKeptPart(pipeline))
    await planEncoding(model, cells);
  const { painted, start, hold } = await openPainting(pipeline, planned, cells);
  const options = { settings, ...cells, painted, frame };
  const composition = yield* compose(model, request, prompt, options);
  requireProduct(request, composition.active.length > 0 && settings.mask !== 'off');
  const shapes = passesOf(composition).map((pass) => samplingShape(pipeline, pass));
  const decoder = pipeline.decoder(cells.height, cells.width, settings.decoder);
  const encodes = composition.places !== undefined || product !== undefined;
  const codecs = encodes ? [decoder, encoderOf(pipeline, cells)] : [decoder];
  const { count, batchSize } = request;
  const plan = await planBatches(model, shapes, codecs, { count, steps: settings.steps, batchSize });
  const { sessions } = plan;
  const denoisers = specsOf(batchShapes(shapes, plan.pictures));
  if (sessions === 'sequential') await pipeline.sessions.releaseOthers([...denoisers, ...codecs]);
  const codec = new PictureCodec(pipeline, { cells, sessions, denoisers, decoder: settings.decoder });
  const preview = await previewer(pipeline, cells);
  if (request.only === 'prepare') {
    const memory = denoiserMemory(model, denoisers, codecs, sessions);
    for (const spec of denoisers) yield* prepared(pipeline, 'denoiser', spec, memory);
    if (sessions === 'resident') yield* prepared(pipeline, 'decoder', decoder);
    return;
  }
  if (request.out !== undefined) await makeFolder(request.out, USER_MODES);
  if (product !== undefined && sessions === 'resident') yield* prepared(pipeline, 'decoder', decoder);

  const { signal } = request;
  const makingOf = (picture: number, barrier: StepBarrier): Making => {
    const own = { seed: request.seed + picture, signal, barrier, codec };
    return product === undefined
      ? makeLatents(pipeline, composition, { ...own, start, hold })
      : makeScene(pipeline, composition, { ...own, cutOut: product.cutOut });
  };
  const finishing = { model, request, settings, mentioned, composition, planned, product, fit, codec };
  yield* madePictures({ finishing, plan, shapes, codecs, decoder, preview, makingOf });
}

type Making = AsyncGenerator<PictureStep, MadeLatents | MadeScene>;

interface PicturesMaking extends Pick<BatchMaking<MadeLatents | MadeScene>, 'preview' | 'makingOf'> {
  readonly finishing: Finishing;
  readonly plan: BatchPlan;
  /** Shapes of all graphs that a picture's steps run. */
  readonly shapes: readonly SamplingShape[];
  readonly codecs: readonly GraphSpec[];
  readonly decoder: GraphSpec;
}

/** All pictures of a request, batch by batch: one by one from the first batch on that memory was too short for. */
async function* madePictures({
  finishing,
  plan,
  shapes,
  codecs,
  decoder,
  ...making
}: PicturesMaking): AsyncGenerator<LocalGenerateEvent, void> {
  const { model, request } = finishing;
  const { pipeline } = model;
  const { count } = request;
  const { sessions } = plan;
  let most = plan.pictures;
  const timer = new StepTimer();
  for (let first = 0; first < count; ) {
    const pictures = Math.min(most, count - first);
    const denoisers = specsOf(batchShapes(shapes, pictures));
    const memory = denoiserMemory(model, denoisers, codecs, sessions);
    const part = { first, pictures, count, denoisers, memory };
    const batch = yield* makeBatch({ ...making, ...part, pipeline, sessions, timer });
    for (const [index, end] of batch.ends.entries()) {
      if (end.status === 'rejected') throw end.reason;
      const started = performance.now();
      if (!pipeline.has(decoder)) yield { type: 'preparing', part: 'decoder' };
      const facts = await finishedPicture(finishing, end.value, first + index);
      yield { type: 'picture', ...facts, seconds: batch.seconds + (performance.now() - started) / 1000 };
    }
    first += pictures;
    if (batch.wasTooLarge) most = 1;
  }
}
