/**
 * redrawn: a picture at its new size, drawn over in tiles of the model's own size at a low strength, with the concepts where the
 * product is. Each tile's noise is cut from one noise of the whole picture, and soft weights blend them. Tiles are encoded, then
 * sampled, then decoded, so that each network is loaded once where memory is short, and nothing is ever larger than a tile but
 * bytes of pixels.
 */

import { LikenessError } from '../../../shared/errors.ts';
import { seededNoise } from '../../diffusion/random.ts';
import { samplers } from '../../diffusion/samplers/index.ts';
import { planFrom } from '../../diffusion/samplers/start.ts';
import { fromModelRange, toModelRange } from '../../images/encode.ts';
import { mirroredSquare, TileCanvas } from '../../images/painting/tile-canvas.ts';
import { type TileGrid, tileGrid } from '../../images/painting/tiles.ts';
import { withTonesOf } from '../../images/painting/tones.ts';
import type { Picture } from '../../images/picture.ts';
import { shrinkToFit } from '../../images/resize.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { SamplingSettings } from '../../pipeline/settings.ts';
import { KeptParts } from '../../storage/kept-parts.ts';
import type { LocalGenerateEvent, MaskReport, TilePass } from '../events.ts';
import { samplingShape } from '../generation/guided-pass.ts';
import { packed, prepared } from '../generation/picture-sessions.ts';
import type { ReadPrompt } from '../generation/prompt.ts';
import { samplePicture } from '../generation/sample-picture.ts';
import { samplingGraph } from '../generation/sampling-graph.ts';
import { denoiserMemory, planWithRoom, specsOf } from '../generation/sampling-plan.ts';
import { StepTimer } from '../pace.ts';
import type { GenerateRequest, UpscaleWish } from '../requests.ts';
import { tilePasses } from './tile-passes.ts';

/** Share of a tile that its neighbour has too, and the fewest latent cells of it: a small model's tile has few. */
const OVERLAP_SHARE = 1 / 4;
const OVERLAP_MIN_CELLS = 6;

/** Latent cells at a tile's edge that its neighbour draws: there the model drew ripples, seen as a grid in plain surfaces. */
const MARGIN_CELLS = 2;

/** Longer side of the look that clients get while it is made. */
const PREVIEW_SIDE = 256;

export interface Redrawing {
  readonly wish: UpscaleWish;
  readonly prompt: ReadPrompt;
  readonly settings: SamplingSettings;
  readonly source: Picture;
  readonly strength: number;
  readonly masks: readonly MaskReport[];
  /** The picture at its new size, opaque. */
  readonly over: Picture;
}

/** @throws LikenessError `memory`, `storage`, `input` for a strength that leaves no step, `cancelled` between two steps */
export async function* redrawn(
  model: LoadedModel,
  request: GenerateRequest,
  { wish, prompt, settings, source, strength, masks, over }: Redrawing,
): AsyncGenerator<LocalGenerateEvent, Picture> {
  const { pipeline } = model;
  const { resolution: side, downscale, latentChannels } = pipeline.facts;
  const overlap = downscale * Math.max(OVERLAP_MIN_CELLS, Math.round((OVERLAP_SHARE * side) / downscale));
  const margin = MARGIN_CELLS * downscale;
  const grid = tileGrid(over, { side, overlap, margin, unit: downscale });
  const count = grid.tiles.length;
  // Asked for first, so that a strength without a step is told at once.
  const start = { picture: new Float32Array(0), strength };
  const process = pipeline.noiseProcess;
  const ofTile = planFrom(samplers[settings.sampler], { process, ...settings, start }).timesteps.length;
  const passes = yield* tilePasses(model, request, prompt, { settings, masks, size: over, side });
  const shapes = passes.kinds.map((pass) => samplingShape(pipeline, pass));
  const cells = side / downscale;
  const decoder = pipeline.decoder(cells, cells, settings.decoder);
  const codecs = [decoder, pipeline.encoder(side, side)];
  const sessions = await planWithRoom(model, shapes, codecs);
  const denoising = denoiserMemory(model, specsOf(shapes), codecs, sessions);
  const kept = await KeptParts.open(wish.keep, [
    over.data,
    JSON.stringify([...decidingFacts(model, request, { prompt, settings, strength }), grid.tiles]),
  ]);

  const preview = await shrinkToFit(source, PREVIEW_SIDE);
  const timer = new StepTimer();
  // A tile that is encoded or decoded counts as a step.
  const steps = count * (ofTile + 2);
  const event = (step: number, index: number, pass: TilePass): LocalGenerateEvent => {
    // Encoding says nothing of how long sampling takes, which is most of the work.
    if (pass !== 'encoding') timer.tick();
    const secondsLeft = timer.secondsFor(steps - step);
    const tile = { index, count, pass };
    const standing = { step, steps, fraction: step / steps, secondsLeft };
    return { type: 'step', picture: 0, count: 1, ...standing, tile, preview };
  };
  const latentsOf = (index: number) => kept.read(index, latentChannels * cells * cells);
  const begun = new Map<number, Float32Array>();
  for (const tile of grid.tiles) {
    requireGoing(request.signal);
    if ((await latentsOf(tile.index)) !== undefined) continue;
    const pixels = toModelRange(mirroredSquare(over, tile, side));
    begun.set(tile.index, await pipeline.encodePicture(pixels, side, side));
    yield event(tile.index + 1, tile.index, 'encoding');
  }
  if (sessions === 'sequential') await pipeline.sessions.releaseOthers(specsOf(shapes));
  const noise = noiseCutter(grid, { seed: request.seed, channels: latentChannels, downscale });
  const finished: Float32Array[] = [];
  let drawn = 0;
  for (const tile of grid.tiles) {
    const { index } = tile;
    let latents = await latentsOf(index);
    if (latents === undefined) {
      const pass = passes.of(tile);
      const spec = samplingGraph(samplingShape(pipeline, pass));
      yield* prepared(pipeline, 'denoiser', spec, denoising);
      if (drawn === 1 && sessions === 'resident') yield* packed(pipeline, spec, (begun.size - 1) * ofTile);
      // Sessions that are made between two tiles say nothing of how long a step takes.
      timer.restart();
      drawn++;
      const sampling = samplePicture(pipeline, {
        ...pass,
        seed: request.seed,
        noise: (stream) => noise(stream, tile),
        start: { picture: begun.get(index)!, strength },
        signal: request.signal,
      });
      let next = await sampling.next();
      for (; !next.done; next = await sampling.next())
        yield event(count + index * ofTile + next.value.step, index, 'sampling');
      latents = next.value.latents;
      await kept.write(index, latents);
    }
    finished.push(latents);
  }
  if (sessions === 'sequential') for (const spec of specsOf(shapes)) await pipeline.release(spec);
  yield* prepared(pipeline, 'decoder', decoder);
  const canvas = new TileCanvas(grid, over);
  const memory = { arena: sessions === 'resident', decoder: settings.decoder };
  timer.restart();
  for (const tile of grid.tiles) {
    requireGoing(request.signal);
    const pixels = await pipeline.decodeLatents(finished[tile.index]!, cells, cells, memory);
    const made = fromModelRange(pixels, side, side);
    canvas.add(tile, withTonesOf(mirroredSquare(over, tile, side), made));
    yield event(count * (ofTile + 1) + tile.index + 1, tile.index, 'decoding');
  }
  if (sessions === 'sequential') await pipeline.release(decoder);
  return canvas.finish();
}

/** Between two tiles that are encoded or decoded, as samplers do it between two steps. @throws LikenessError `cancelled` */
function requireGoing(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new LikenessError('cancelled', 'stopped');
}

/** Cuts tiles out of one noise of the whole picture, so that neighbours have the same noise where they overlap. */
function noiseCutter(
  { width, height, side }: TileGrid,
  {
    seed,
    channels,
    downscale,
  }: { readonly seed: number; readonly channels: number; readonly downscale: number },
) {
  const [columns, rows, cells] = [width / downscale, height / downscale, side / downscale];
  let last: { readonly stream: number; readonly whole: Float32Array } | undefined;
  return (stream: number, { left, top }: { readonly left: number; readonly top: number }): Float32Array => {
    if (last?.stream !== stream)
      last = { stream, whole: seededNoise(channels * rows * columns, seed, stream) };
    const cut = new Float32Array(channels * cells * cells);
    for (let line = 0; line < channels * cells; line++) {
      const [channel, row] = [Math.floor(line / cells), line % cells];
      const from = (channel * rows + top / downscale + row) * columns + left / downscale;
      cut.set(last.whole.subarray(from, from + cells), line * cells);
    }
    return cut;
  };
}

/** All beside the pixels that decides what becomes of a tile. */
function decidingFacts(
  { identity, precision, device, loras }: LoadedModel,
  { prompt: { parts }, negativePrompt, seed, strength }: GenerateRequest,
  own: Pick<Redrawing, 'prompt' | 'settings' | 'strength'>,
): readonly unknown[] {
  const mentioned = own.prompt.mentioned.map(({ id, concept: { version } }) => [id, version]);
  const asked = [parts, mentioned, negativePrompt, seed, strength, own.settings, own.strength];
  return [identity, precision, device, loras, ...asked];
}
