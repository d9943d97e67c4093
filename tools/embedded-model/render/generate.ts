// Renders labelled pictures into shards: node --import tsx generate.ts FOLDER --count 40000
// Shard NNNNN is three files: .rgb (3 bytes a pixel), .mask (1 byte a pixel: all products), .labels. With --two-share
// it has a fourth, .masks: two masks, one a product, of every picture that shows two. Shards that exist are kept, so an
// interrupted run goes on where it stopped, and a larger count extends the set.
import { fork } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { everything, training } from './article.ts';
import { labelFields, labelOf, legend } from './labels.ts';
import { render } from './render.ts';
import { drawSpecimen } from './specimen.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '2000' },
    size: { type: 'string', default: '64' },
    shard: { type: 'string', default: '1000' },
    // Seeds start here: a test set takes its own range.
    first: { type: 'string', default: '0' },
    // "training" leaves out what evaluation holds back; "everything" shows it.
    vocabulary: { type: 'string', default: 'training' },
    // Share of the pictures that show two products.
    'two-share': { type: 'string', default: '0' },
    processes: { type: 'string', default: '2' },
    worker: { type: 'string' },
  },
});
const folder = positionals[0];
if (folder === undefined) throw new Error('generate: name the folder to write to');
if (values.vocabulary !== 'training' && values.vocabulary !== 'everything') {
  throw new Error(`generate: vocabulary is ${values.vocabulary}, expected training or everything`);
}
const vocabulary = values.vocabulary === 'training' ? training : everything;
const twoShare = Number(values['two-share']);
if (!(twoShare >= 0 && twoShare <= 1)) {
  throw new Error(`generate: two-share is ${values['two-share']}, expected 0 to 1`);
}
const twos = twoShare > 0;
const perShard = Number(values.shard);
const shards = Math.ceil(Number(values.count) / perShard);
const processes = Number(values.processes);

if (values.worker === undefined) {
  mkdirSync(folder, { recursive: true });
  writeLegend(folder);
  for (let worker = 0; worker < processes; worker++) {
    const child = fork(fileURLToPath(import.meta.url), [
      ...process.argv.slice(2),
      '--worker',
      String(worker),
    ]);
    child.on('exit', (code) => {
      if (code !== 0) process.exitCode = 1;
    });
  }
} else {
  for (let shard = Number(values.worker); shard < shards; shard += processes) renderShard(folder, shard);
}

function writeLegend(into: string): void {
  const path = join(into, 'legend.json');
  const about = legend(twos);
  if (existsSync(path)) {
    const { length } = JSON.parse(readFileSync(path, 'utf8')).fields;
    if (length !== about.fields.length) {
      throw new Error(
        `generate: ${into} has labels of ${length} fields, got ${about.fields.length}: a set has pictures of two products from its start or never`,
      );
    }
  }
  const set = { size: Number(values.size), shard: perShard, vocabulary: values.vocabulary, ...about };
  writeFileSync(path, `${JSON.stringify(set, null, 1)}\n`);
}

function renderShard(into: string, shard: number): void {
  const base = join(into, String(shard).padStart(5, '0'));
  if (existsSync(`${base}.labels`)) return;
  const size = Number(values.size);
  const rgb = new Uint8Array(perShard * size * size * 3);
  const mask = new Uint8Array(perShard * size * size);
  const masks: Uint8Array[] = [];
  const fields = labelFields(twos).length;
  const labels = new Uint8Array(perShard * fields);
  const started = performance.now();
  for (let n = 0; n < perShard; n++) {
    const specimen = drawSpecimen(Number(values.first) + shard * perShard + n, vocabulary, twoShare);
    const picture = render(specimen, size);
    rgb.set(picture.rgb, n * size * size * 3);
    mask.set(picture.mask, n * size * size);
    if (picture.masks.length > 1) masks.push(...picture.masks);
    labels.set(labelOf(specimen, twos), n * fields);
  }
  writeFileSync(`${base}.rgb`, rgb);
  writeFileSync(`${base}.mask`, mask);
  if (twos) writeFileSync(`${base}.masks`, Buffer.concat(masks));
  // The labels appear last and at once: a shard that has them is whole.
  writeFileSync(`${base}.labels.part`, labels);
  renameSync(`${base}.labels.part`, `${base}.labels`);
  console.error(`shard ${shard}: ${((performance.now() - started) / perShard).toFixed(1)} ms a picture`);
}
