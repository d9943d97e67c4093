/** Graph subjects of fingerprints: every graph of the embedded model as the bytes that onnxruntime would get. */

import { vi } from 'vitest';
import { SD15_UNET, sd15With } from '../bench/sd15.ts';
import { type Ranks, rankOf } from '../companion/adapters/factors.ts';
import { type SamplingShape, samplingGraph } from '../companion/engine/generation/sampling-graph.ts';
import type { Graph } from '../companion/graph/graph.ts';
import type { LoweringOptions } from '../companion/graph/op.ts';
import { flippedName } from '../companion/graph/ops/index.ts';
import { adapterSites } from '../companion/models/families/latent-diffusion/adapter-sites.ts';
import type { StableDiffusionConfig } from '../companion/models/families/stable-diffusion/family.ts';
import { encodeModel } from '../companion/onnx/model.ts';
import { Pipeline } from '../companion/pipeline/pipeline.ts';
import type { Session } from '../companion/runtime/session.ts';
import { elementCount, float32 } from '../companion/tensor/tensor.ts';
import { type TrainingShape, trainingGraph } from '../companion/training/training-graph.ts';
import { configOf } from './pipeline/stable-diffusion.ts';

/** Bytes, made when they are asked for. */
export type Subject = () => Promise<Uint8Array | string>;
type Unet = StableDiffusionConfig['unet'];
/** Options of a graph, with the UNet's config in place of the model's. */
type Changes<Shape> = Partial<Omit<Shape, 'family' | 'config'>> & { readonly unet?: Unet };

/** Half the channels, as the embedded model recommends: the wide form of a learned residual. */
const WIDE = { fraction: 0.5, minimum: 16 };
/** The paper's. */
const NARROW = { fraction: 0.05, minimum: 1 };

/** By name. Nothing is run, and no weight is read. */
export function graphSubjects(modelFolder: string): Readonly<Record<string, Subject>> {
  // No session is opened and nothing is converted: the cache folder stays unused.
  const open = () => Pipeline.open(modelFolder, { cacheFolder: 'unused' });
  const opened = open();
  const sampling =
    (concepts: number, changes: Changes<SamplingShape> = {}): Subject =>
    async () =>
      encoded(samplingOf(await opened, concepts, changes));
  const training =
    (changes: Changes<TrainingShape> = {}, rule = WIDE): Subject =>
    async () =>
      encoded(trainingOf(await opened, changes, rule));
  const linear = async () => ({ unet: { ...configOf(await opened).unet, projections: 'linear' as const } });

  return {
    'graph: text encoder': async () =>
      requested(await open(), (pipeline) => pipeline.encodeTokens([new Array(77).fill(1)])),
    'graph: vae encode': async () =>
      requested(await open(), (pipeline) =>
        pipeline.encodePicture(new Float32Array(3 * 128 * 128), 128, 128),
      ),
    'graph: vae decode': async () =>
      requested(await open(), (pipeline) =>
        pipeline.decodeLatents(new Float32Array(pipeline.facts.latentChannels * 16 * 16), 16, 16),
      ),
    'graph: vae decode, 768 pixels': async () =>
      requested(await open(), (pipeline) =>
        pipeline.decodeLatents(new Float32Array(pipeline.facts.latentChannels * 96 * 96), 96, 96),
      ),
    'graph: sampling, plain': sampling(0),
    'graph: sampling, plain, unguided, 16x24': sampling(0, { guided: false, width: 24 }),
    'graph: sampling, attention': sampling(1, { maskSource: 'attention' }),
    'graph: sampling, median': sampling(1, { maskSource: 'median' }),
    'graph: sampling, probe': sampling(1, { maskSource: 'probe' }),
    'graph: sampling, attention, two concepts': sampling(2, { maskSource: 'attention' }),
    'graph: sampling, median, two concepts': sampling(2, { maskSource: 'median' }),
    'graph: sampling, probe, two concepts': sampling(2, { maskSource: 'probe' }),
    'graph: sampling, median, unguided': sampling(1, { maskSource: 'median', guided: false }),
    'graph: sampling, median, linear projections': async () =>
      sampling(1, { ...(await linear()), maskSource: 'median' })(),
    'graph: sampling, median, Stable Diffusion 1.5': sampling(1, { ...SD15, maskSource: 'median' }),
    'graph: training': training(),
    'graph: training, nothing recomputed': training({ ...LARGE, checkpointing: 'none' }),
    'graph: training, attention recomputed': training({ ...LARGE, checkpointing: 'attention' }),
    'graph: training, blocks recomputed': training({ ...LARGE, checkpointing: 'blocks' }),
    'graph: training, narrow ranks': training({}, NARROW),
    'graph: training, rank by timestep': training({ rankByTimestep: true }),
    'graph: training, without text and probe': training({ tokenEmbedding: false, probe: false }),
    'graph: training, linear projections': async () => training(await linear(), NARROW)(),
    'graph: training, Stable Diffusion 1.5': training({ ...SD15, tokenEmbedding: false, batch: 1 }, NARROW),
    'graph: training, without fused attention': async () =>
      encoded(trainingOf(await opened), { fusedAttention: false }),
    'graph: training, turned kernels stored': async () => {
      const graph = trainingOf(await opened);
      return encoded(graph, { storedKernels: new Set([...graph.parameters.keys()].map(flippedName)) });
    },
  };
}

/** Below this no attention is large enough to be computed again. */
const LARGE = { height: 32, width: 32 };

/** The config that most models share; other widths and level counts than the embedded model's. */
const SD15 = { unet: SD15_UNET, ...LARGE } as const;

/** The model's bytes with one placeholder file of weights, which lie in it in the order they are asked for. */
function encoded(graph: Graph, options?: LoweringOptions): Uint8Array {
  const lengths = new Map<string, number>();
  for (const [name, { shape }] of graph.parameters) {
    for (const stored of [name, flippedName(name)]) lengths.set(stored, 4 * elementCount(shape));
  }
  let end = 0;
  const locate = (name: string) => {
    const [offset, length] = [end, lengths.get(name)!];
    end += length;
    return { file: 'weights.f32', offset, length };
  };
  return encodeModel(graph, locate, options);
}

/** Every graph that `use` asks the pipeline for, one after the other. Its sessions give zeros. */
async function requested(pipeline: Pipeline, use: (pipeline: Pipeline) => Promise<unknown>) {
  const models: Uint8Array[] = [];
  vi.spyOn(pipeline, 'session').mockImplementation(async (spec) => {
    const graph = spec.build();
    models.push(encoded(graph));
    const zeros = Array.from(graph.outputs, ([name, { shape }]) => [
      name,
      float32(new Float32Array(elementCount(shape)), shape),
    ]);
    return { run: async () => Object.fromEntries(zeros) } as unknown as Session;
  });
  await use(pipeline);
  return Buffer.concat(models);
}

function ranksBy(unet: Unet, rule = WIDE): Ranks {
  return Object.fromEntries(adapterSites(unet).map(({ path, outputs }) => [path, rankOf(rule, outputs)]));
}

/** At the model's own size, with guidance, unless `changes` say otherwise. */
function samplingOf(pipeline: Pipeline, concepts: number, changes: Changes<SamplingShape> = {}): Graph {
  const { unet = configOf(pipeline).unet, ...others } = changes;
  return samplingGraph({
    ...sd15With({ ...configOf(pipeline), unet }),
    guided: true,
    height: unet.sampleSize,
    width: unet.sampleSize,
    concepts: Array.from({ length: concepts }, () => ranksBy(unet)),
    ...others,
  }).build();
}

/** As the embedded model is taught, unless `changes` say otherwise. */
function trainingOf(pipeline: Pipeline, changes: Changes<TrainingShape> = {}, rule = WIDE): Graph {
  const { unet = configOf(pipeline).unet, ...others } = changes;
  return trainingGraph({
    ...sd15With({ ...configOf(pipeline), unet }),
    tokenEmbedding: true,
    batch: 4,
    height: unet.sampleSize,
    width: unet.sampleSize,
    ranks: ranksBy(unet, rule),
    probe: true,
    ...others,
  }).build();
}
