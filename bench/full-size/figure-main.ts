/** Measures one figure of a whole model at its real size (first argument, JSON) in this process, and prints its FigureResult. */

import { join } from 'node:path';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import { generateOn } from '../../companion/engine/generation/generate.ts';
import { samplingGraph } from '../../companion/engine/generation/sampling-graph.ts';
import { teachOn } from '../../companion/engine/teaching/teach.ts';
import { picture } from '../../companion/images/picture.ts';
import { type LoadedModel, loadModel } from '../../companion/pipeline/loaded-model.ts';
import { noiseFeeds } from '../feeds.ts';
import { uniformNoise } from '../random-weights.ts';
import { residentMemory } from '../resident-memory.ts';
import type { Figure, FigureResult } from './figure.ts';

const {
  figure,
  model: path,
  cacheFolder,
  threads,
} = JSON.parse(process.argv[2]!) as {
  figure: Figure;
  model: string;
  cacheFolder: string;
  threads: number;
};
const engine = { model: path, device: 'cpu', threads, cacheFolder } as const;

const started = performance.now();
const model = await loadModel(engine);
const seconds: Record<string, number> = {};
note('load_s', started);
await measure(model, figure);
const { peakBytes, anonymousBytes, fileBytes } = residentMemory()!;
const result: FigureResult = { seconds, peakBytes, anonymousBytes, fileBytes };
await model.pipeline.close();
process.stdout.write(JSON.stringify(result));

/** Measures the figure's own work on a model that is open. */
function measure(opened: LoadedModel, wanted: Figure): Promise<void> {
  switch (wanted.what) {
    case 'picture':
      return measurePicture(opened, wanted);
    case 'teach':
      return measureSteps(opened, wanted);
    default:
      return measureRuns(opened, wanted);
  }
}

/** A picture, from its prompt to its PNG. */
async function measurePicture(opened: LoadedModel, { side, steps = 2, guidanceScale, fast, ready }: Figure) {
  const request = {
    ...engine,
    prompt: resolvePrompt('a bottle on a beach', []),
    negativePrompt: '',
    count: 1,
    seed: 1,
    size: { width: side, height: side },
    strength: 1,
    settings: {
      steps,
      ...(guidanceScale !== undefined && { guidanceScale }),
      ...(fast && { decoder: 'fast' as const }),
    },
  };
  if (ready) {
    const typed = resolvePrompt('a bottle', []);
    for await (const _ of generateOn(opened, { ...request, prompt: typed, only: 'prepare' }));
  }
  const begin = performance.now();
  for await (const event of generateOn(opened, request)) {
    if (event.type === 'preparing') note(`until_${event.part}_s`, begin);
    if (event.type === 'step') note(`step_${event.step}_s`, begin);
    if (event.type === 'picture') note('picture_s', begin);
  }
}

/** Steps of training on a reference of noise. */
async function measureSteps(opened: LoadedModel, { side, steps = 2 }: Figure) {
  const noise = uniformNoise(3 * side * side).map((value) => 127 * (1 + value));
  const pixels = picture(side, side, 3, Uint8Array.from(noise));
  const events = teachOn(opened, [{ name: 'noise', pixels, findings: [] }], {
    ...engine,
    references: [],
    name: 'noise',
    classWord: 'bottle',
    stateFile: join(cacheFolder, `never-${process.pid}.state`),
    settings: { steps: steps + 1, side, batchSize: 1 },
    seed: 1,
    mirror: false,
  });
  let begin = performance.now();
  for await (const event of events) {
    if (event.type === 'memory-plan') process.stderr.write(`${JSON.stringify(event.plan)}\n`);
    if (event.type !== 'step') continue;
    note(`step_${event.step}_s`, begin);
    begin = performance.now();
    if (event.step === steps) break; // what is measured is steps, not what comes after the last
  }
}

/** A denoiser's session, and runs of it. */
async function measureRuns(opened: LoadedModel, { what, side, steps = 2, packed }: Figure) {
  const cells = side / opened.pipeline.facts.downscale;
  const shape = { guided: what === 'guided', height: cells, width: cells, concepts: [] };
  const spec = samplingGraph({ ...opened.pipeline.model, ...shape });
  const begin = performance.now();
  await opened.pipeline.session(spec);
  note('session_s', begin);
  note('ready_s', started);
  if (what === 'open') return;
  if (packed) {
    const from = performance.now();
    await opened.pipeline.sessions.pack(spec);
    note('packed_s', from);
  }
  const session = await opened.pipeline.session(spec);
  const feeds = noiseFeeds(spec.build());
  for (let run = 1; run <= steps; run++) {
    const from = performance.now();
    await session.run(feeds);
    note(`run_${run}_s`, from);
  }
}

/** Said at once, too: a measurement that is cut short has its first part. */
function note(name: string, since: number): void {
  seconds[name] = (performance.now() - since) / 1000;
  const { peakBytes, residentBytes } = residentMemory()!;
  const gb = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GB`;
  process.stderr.write(
    `${name} ${seconds[name].toFixed(2)}, resident ${gb(residentBytes)}, at most ${gb(peakBytes)}\n`,
  );
}
