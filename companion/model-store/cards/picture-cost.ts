/** Cost of a picture on this computer: a model's work at its usual settings, by the device's measured speed. */

import { Graph } from '../../graph/graph.ts';
import { type GraphWork, sumOfWork, workOf } from '../../graph/work.ts';
import { openCheckpoint } from '../../models/families/formats.ts';
import { familyOf, type ModelConfig } from '../../models/families/registry.ts';
import { conditioningInputs, decoderGraph, latentInputs, scopesOf } from '../../models/model-graphs.ts';
import { fewStepSettings } from '../../pipeline/few-steps.ts';
import { describeModel } from '../../pipeline/pipeline.ts';
import { isGuided, readRecommendedSettings } from '../../pipeline/settings.ts';
import { secondsOf } from '../../runtime/device-speed.ts';
import type { DeviceSpeed } from '../../runtime/speed-test.ts';
import type { ModelPlace } from '../catalogue.ts';
import { CATALOGUE } from '../catalogue-entries.ts';
import type { CatalogueEntry, UsualSettings } from '../catalogue-entry.ts';
import type { PublishedWork } from '../published-models.ts';

/**
 * Work of a picture by a model of the catalogue, or with an accelerator; undefined for what makes none.
 * @internal
 */
export function catalogueWork(entry: CatalogueEntry): GraphWork | undefined {
  if (!('usual' in entry)) return undefined;
  const { side, steps, guidanceScale } = entry.usual;
  const work: PublishedWork[number] | undefined = entry.work[side];
  if (work === undefined) return undefined;
  const [sample, decoder] = work;
  const samples = steps * (guidanceScale > 1 ? 2 : 1);
  return {
    products: samples * sample.products + decoder.products,
    nodes: steps * sample.nodes + decoder.nodes,
  };
}

/** Seconds of a picture that is fetched first, about; undefined for what makes none. */
export function catalogueSeconds(entry: CatalogueEntry, speed: DeviceSpeed): number | undefined {
  const work = catalogueWork(entry);
  return work && secondsOf(work, speed);
}

/** Graphs of a large model take a second or two to build: their work is kept by what decides it. */
const known = new Map<string, GraphWork>();

/** Seconds of a picture at the model's own settings, about. @throws LikenessError `checkpoint-*` */
export async function modelSeconds(
  { name, folder }: Pick<ModelPlace, 'name' | 'folder'>,
  speed: DeviceSpeed,
): Promise<number> {
  const entry = CATALOGUE.find((one) => one.kind === 'model' && one.name === name);
  const seconds = entry && catalogueSeconds(entry, speed);
  if (seconds !== undefined) return seconds;
  const checkpoint = await openCheckpoint(folder);
  const { model, facts } = describeModel(checkpoint);
  const usual = { ...facts.sampling, ...fewStepSettings(checkpoint, facts) };
  const { steps, guidanceScale } = (await readRecommendedSettings(checkpoint.folder, usual)).sampling;
  const settings = { side: facts.resolution, steps, guidanceScale };
  const key = JSON.stringify([model, settings]);
  const work = known.get(key) ?? pictureWork(model, settings);
  known.set(key, work);
  return secondsOf(work, speed);
}

type PictureSettings = Pick<UsualSettings, 'side' | 'steps' | 'guidanceScale'>;

/**
 * What a picture computes in all, from a model's configs alone: a square one of `side` pixels: steps of the denoiser, twice each with guidance, and the
 * decoder.
 * @internal
 */
export function pictureWork(model: ModelConfig, { side, steps, guidanceScale }: PictureSettings): GraphWork {
  const facts = familyOf(model).facts(model.config);
  const cells = Math.round(side / facts.downscale);
  const batch = isGuided(facts, { guidanceScale }) ? 2 : 1;
  const decoder = decoderGraph({ ...model, height: cells, width: cells, decoder: 'full' }).build();
  return sumOfWork([
    [workOf(denoiser(model, batch, cells)), steps],
    [workOf(decoder), 1],
  ]);
}

function denoiser(model: ModelConfig, batch: number, cells: number): Graph {
  const graph = new Graph('denoiser');
  const prediction = familyOf(model).buildDenoiser(scopesOf(graph), model.config, {
    sample: latentInputs(graph, model, { batch, height: cells, width: cells }),
    timestep: graph.input('timestep', [batch]),
    conditioning: conditioningInputs(graph, model, batch),
  });
  graph.output('prediction', prediction);
  return graph;
}
