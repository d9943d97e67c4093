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
import type { GraphSpec } from '../../graph/graph.ts';
import { fromModelRange, toModelRange } from '../../images/encode.ts';
import { mirroredSquare, TileCanvas } from '../../images/painting/tile-canvas.ts';
import { type Tile, type TileGrid, tileGrid } from '../../images/painting/tiles.ts';
import { withTonesOf } from '../../images/painting/tones.ts';
import type { Picture } from '../../images/picture.ts';
import { shrinkToFit } from '../../images/resize.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { SamplingSettings } from '../../pipeline/settings.ts';
import { KeptParts } from '../../storage/kept-parts.ts';
import type { LocalGenerateEvent, MaskReport } from '../events.ts';
import { samplingShape } from '../generation/guided-pass.ts';
import { packed, prepared } from '../generation/picture-sessions.ts';
import type { ReadPrompt } from '../generation/prompt.ts';
import { samplePicture } from '../generation/sample-picture.ts';
import { samplingGraph } from '../generation/sampling-graph.ts';
import { denoiserMemory, planWithRoom, type SessionResidency, specsOf } from '../generation/sampling-plan.ts';
import type { GenerateRequest, UpscaleSpec } from '../requests.ts';
import { type TilePasses, tilePasses } from './tile-passes.ts';
import { TileProgress } from './tile-progress.ts';

/** Share of a tile that its neighbour has too, and the fewest latent cells of it: a small model's tile has few. */
const OVERLAP_SHARE = 1 / 4;
const OVERLAP_MIN_CELLS = 6;

/** Latent cells at a tile's edge that its neighbour draws: there the model drew ripples, seen as a grid in plain surfaces. */
const MARGIN_CELLS = 2;

/** Longer side of the look that clients get while it is made. */
const PREVIEW_SIDE = 256;

export interface Redrawing {
  readonly spec: UpscaleSpec;
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
  redrawing: Redrawing,
): AsyncGenerator<LocalGenerateEvent, Picture> {
  const work = yield* planned(model, request, redrawing);
  const begun = yield* encodedTiles(work);
  const finished = yield* sampledTiles(work, begun);
  return yield* decodedTiles(work, finished);
}

/** Everything that is decided before the first tile. */
interface TileWork extends Pick<Redrawing, 'settings' | 'strength' | 'over'> {
  readonly model: LoadedModel;
  readonly request: GenerateRequest;
  readonly grid: TileGrid;
  /** Cells of a tile's side, in latents. */
  readonly cells: number;
  /** Sampling steps of a tile. */
  readonly steps: number;
  readonly passes: TilePasses;
  readonly denoisers: readonly GraphSpec[];
  readonly decoder: GraphSpec;
  readonly codecs: readonly GraphSpec[];
  readonly sessions: SessionResidency;
  /** Latents of tiles that an earlier try finished. */
  readonly kept: KeptParts;
  readonly progress: TileProgress;
}

async function* planned(
  model: LoadedModel,
  request: GenerateRequest,
  redrawing: Redrawing,
): AsyncGenerator<LocalGenerateEvent, TileWork> {
  const { spec, prompt, settings, source, strength, masks, over } = redrawing;
  const { pipeline } = model;
  const { resolution: side, downscale } = pipeline.facts;
  const overlap = downscale * Math.max(OVERLAP_MIN_CELLS, Math.round((OVERLAP_SHARE * side) / downscale));
  const grid = tileGrid(over, { side, overlap, margin: MARGIN_CELLS * downscale, unit: downscale });
  // Asked for first, so that a strength without a step is told at once.
  const start = { picture: new Float32Array(0), strength };
  const process = pipeline.noiseProcess;
  const steps = planFrom(samplers[settings.sampler], { process, ...settings, start }).timesteps.length;
  const passes = yield* tilePasses(model, request, prompt, { settings, masks, size: over, side });
  const shapes = passes.kinds.map((pass) => samplingShape(pipeline, pass));
  const cells = side / downscale;
  const decoder = pipeline.decoder(cells, cells, settings.decoder);
  const codecs = [decoder, pipeline.encoder(side, side)];
  const sessions = await planWithRoom(model, shapes, codecs);
  const kept = await KeptParts.open(spec.keep, [
    over.data,
    JSON.stringify([...decidingFacts(model, request, redrawing), grid.tiles]),
  ]);
  const progress = new TileProgress(grid.tiles.length, steps, await shrinkToFit(source, PREVIEW_SIDE));
  const graphs = { denoisers: specsOf(shapes), decoder, codecs, sessions };
  return { model, request, settings, strength, over, grid, cells, steps, passes, ...graphs, kept, progress };
}

/** Latents of a tile that was finished before; undefined where it has to be sampled. */
function keptLatents({ model, cells, kept }: TileWork, index: number): Promise<Float32Array | undefined> {
  return kept.read(index, model.pipeline.facts.latentChannels * cells * cells);
}

/** Latents of the enlarged picture in each tile that is to be sampled, by the tile's index. */
async function* encodedTiles(
  work: TileWork,
): AsyncGenerator<LocalGenerateEvent, ReadonlyMap<number, Float32Array>> {
  const { model, request, grid, over, sessions, denoisers, progress } = work;
  const { pipeline } = model;
  const begun = new Map<number, Float32Array>();
  for (const tile of grid.tiles) {
    requireGoing(request.signal);
    if ((await keptLatents(work, tile.index)) !== undefined) continue;
    const pixels = toModelRange(mirroredSquare(over, tile, grid.side));
    begun.set(tile.index, await pipeline.encodePicture(pixels, grid.side, grid.side));
    yield progress.encoded(tile.index);
  }
  if (sessions === 'sequential') await pipeline.sessions.releaseOthers(denoisers);
  return begun;
}

/** Latents of all tiles, in their order; those that are made are kept for another try. */
async function* sampledTiles(
  work: TileWork,
  begun: ReadonlyMap<number, Float32Array>,
): AsyncGenerator<LocalGenerateEvent, readonly Float32Array[]> {
  const { model, request, strength, grid, steps, passes, denoisers, codecs, sessions, progress } = work;
  const { pipeline } = model;
  const { latentChannels: channels, downscale } = pipeline.facts;
  const memory = denoiserMemory(model, denoisers, codecs, sessions);
  const noise = noiseCutter(grid, { seed: request.seed, channels, downscale });
  const finished: Float32Array[] = [];
  let drawn = 0;
  for (const tile of grid.tiles) {
    const { index } = tile;
    let latents = await keptLatents(work, index);
    if (latents === undefined) {
      const pass = passes.of(tile);
      const spec = samplingGraph(samplingShape(pipeline, pass));
      yield* prepared(pipeline, 'denoiser', spec, memory);
      if (drawn === 1 && sessions === 'resident') yield* packed(pipeline, spec, (begun.size - 1) * steps);
      // Sessions that are made between two tiles say nothing of how long a step takes.
      progress.restart();
      drawn++;
      const sampling = samplePicture(pipeline, {
        ...pass,
        seed: request.seed,
        noise: (stream) => noise(stream, tile),
        start: { picture: begun.get(index)!, strength },
        signal: request.signal,
      });
      let next = await sampling.next();
      for (; !next.done; next = await sampling.next()) yield progress.sampled(index, next.value.step);
      latents = next.value.latents;
      await work.kept.write(index, latents);
    }
    finished.push(latents);
  }
  if (sessions === 'sequential') for (const spec of denoisers) await pipeline.release(spec);
  return finished;
}

/** The whole picture, of tiles blended where they overlap. */
async function* decodedTiles(
  { model, request, settings, grid, over, cells, decoder, sessions, progress }: TileWork,
  finished: readonly Float32Array[],
): AsyncGenerator<LocalGenerateEvent, Picture> {
  const { pipeline } = model;
  yield* prepared(pipeline, 'decoder', decoder);
  const canvas = new TileCanvas(grid, over);
  const memory = { arena: sessions === 'resident', decoder: settings.decoder };
  progress.restart();
  for (const tile of grid.tiles) {
    requireGoing(request.signal);
    const pixels = await pipeline.decodeLatents(finished[tile.index]!, cells, cells, memory);
    const made = fromModelRange(pixels, grid.side, grid.side);
    canvas.add(tile, withTonesOf(mirroredSquare(over, tile, grid.side), made));
    yield progress.decoded(tile.index);
  }
  if (sessions === 'sequential') await pipeline.release(decoder);
  return canvas.finish();
}

/** Between two tiles that are encoded or decoded, as samplers do it between two steps. @throws LikenessError `cancelled` */
function requireGoing(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new LikenessError('cancelled', 'stopped');
}

interface NoiseShape {
  readonly seed: number;
  readonly channels: number;
  /** Pixels of a latent cell's side. */
  readonly downscale: number;
}

/**
 * Tiles cut out of one noise of the whole picture, [channels, cells, cells], so that neighbours have the same noise where they
 * overlap. The whole picture's is kept until another stream is asked for.
 */
function noiseCutter(
  { width, height, side }: TileGrid,
  { seed, channels, downscale }: NoiseShape,
): (stream: number, tile: Pick<Tile, 'left' | 'top'>) => Float32Array {
  const [columns, rows, cells] = [width / downscale, height / downscale, side / downscale];
  let last: { readonly stream: number; readonly whole: Float32Array } | undefined;
  return (stream, { left, top }) => {
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
  own: Redrawing,
): readonly unknown[] {
  const mentioned = own.prompt.mentioned.map(({ id, concept: { version } }) => [id, version]);
  const asked = [parts, mentioned, negativePrompt, seed, strength, own.settings, own.strength];
  return [identity, precision, device, loras, ...asked];
}
