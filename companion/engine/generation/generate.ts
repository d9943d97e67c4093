/** generate: places concepts in new scenes, from a prompt to PNGs. */

import { encodePng } from '../../images/encode.ts';
import { seesKeptPart } from '../../pipeline/inpainting.ts';
import { type LoadedModel, loadModel } from '../../pipeline/loaded-model.ts';
import { previewer } from '../../pipeline/preview.ts';
import { makeFolder, USER_MODES } from '../../storage/atomic-file.ts';
import type { LocalGenerateEvent } from '../events.ts';
import { StepTimer } from '../pace.ts';
import type { GenerateRequest } from '../requests.ts';
import { upscaleOn } from '../upscaling/upscale.ts';
import { compose } from './composition.ts';
import { samplingShape } from './guided-pass.ts';
import { keepBase, type MadeLatents, makeLatents, passesOf } from './kept-rest.ts';
import { introduced, settled } from './opening.ts';
import { finishPainting, openPainting, planPainting, reportInOriginal } from './painting.ts';
import { PictureCodec } from './picture-codec.ts';
import { recordOf, savePicture } from './picture-file.ts';
import { packed, prepared } from './picture-sessions.ts';
import { cutToFit, fitNote, latentSize, sizedRequest } from './picture-size.ts';
import { withOwnPixels } from './product-layout.ts';
import { productOnly, requireProduct } from './product-only.ts';
import { finishProduct, planProduct, reportProduct } from './product-placing.ts';
import { makeScene } from './product-scene.ts';
import { denoiserMemory, encoderOf, planEncoding, planWithRoom, specsOf } from './sampling-plan.ts';

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
  const denoisers = specsOf(shapes);
  const decoder = pipeline.decoder(cells.height, cells.width, settings.decoder);
  const encodes = composition.places !== undefined || product !== undefined;
  const codecs = encodes ? [decoder, encoderOf(pipeline, cells)] : [decoder];
  const sessions = await planWithRoom(model, shapes, codecs);
  if (sessions === 'sequential') await pipeline.sessions.releaseOthers([...denoisers, ...codecs]);
  const denoising = denoiserMemory(model, denoisers, codecs, sessions);
  const codec = new PictureCodec(pipeline, { cells, sessions, denoisers, decoder: settings.decoder });
  const preview = await previewer(pipeline, cells);
  if (request.only === 'prepare') {
    for (const spec of denoisers) yield* prepared(pipeline, 'denoiser', spec, denoising);
    if (sessions === 'resident') yield* prepared(pipeline, 'decoder', decoder);
    return;
  }
  if (request.out !== undefined) await makeFolder(request.out, USER_MODES);
  const decodedOver = async ({ latents, base, layout }: MadeLatents) => {
    const [own, kept] = await codec.decode(latents, ...(base === undefined ? [] : [base.latents]));
    const made = layout === undefined ? own! : withOwnPixels(own!, layout);
    return base === undefined ? made : keepBase(made, kept!, base);
  };
  if (product !== undefined && sessions === 'resident') yield* prepared(pipeline, 'decoder', decoder);

  let timer: StepTimer | undefined;
  for (let picture = 0; picture < request.count; picture++) {
    const started = performance.now();
    // Given back by the picture before, where memory is short.
    for (const spec of denoisers) yield* prepared(pipeline, 'denoiser', spec, denoising);
    // Sessions that are made before the first step say nothing of how long one takes.
    timer ??= new StepTimer();
    const seed = request.seed + picture;
    const { signal } = request;
    const making =
      product === undefined
        ? makeLatents(pipeline, composition, { seed, start, hold, signal, codec })
        : makeScene(pipeline, composition, { cutOut: product.cutOut, seed, signal, codec });
    let next = await making.next();
    for (; !next.done; next = await making.next()) {
      const { step, steps, denoised } = next.value;
      timer.tick();
      const stepsLeft = (request.count - picture) * steps - step;
      if (step === 2 && sessions === 'resident') {
        for (const spec of denoisers) yield* packed(pipeline, spec, stepsLeft);
      }
      const secondsLeft = timer.secondsFor(stepsLeft);
      const shown = await preview(denoised);
      yield { type: 'step', picture, count: request.count, step, steps, secondsLeft, preview: shown };
    }
    const made = next.value;
    if (!pipeline.has(decoder)) yield { type: 'preparing', part: 'decoder' };
    const finished = 'painted' in made ? await finishProduct(made.painted, product!) : undefined;
    const whole =
      'painted' in made ? finished!.image : await finishPainting(await decodedOver(made), planned);
    const reports = (made.masks ?? []).map(({ mask, height, width, confidence }, index) => {
      const concept = composition.active[index]!.concept.name;
      const own = { concept, rows: height, columns: width, values: mask, confidence };
      return reportInOriginal(own, planned?.mask === undefined ? (product && part) || fit : planned);
    });
    const cut = fit === undefined ? whole : await cutToFit(whole, fit);
    const image = await productOnly(cut, reports, request);
    const record = recordOf({ seed, settings, mentioned, product: finished }, model, request, planned);
    const png = await encodePng(image, record);
    const file =
      request.out === undefined ? undefined : await savePicture(request.out, png, { seed, request });
    const kept = finished ? { product: await reportProduct(finished, product!, file) } : {};
    const seconds = (performance.now() - started) / 1000;
    const { width, height } = image;
    const facts = { picture, count: request.count, seed, width, height, png, image, file, seconds };
    yield { type: 'picture', ...facts, masks: reports, ...kept };
  }
}
