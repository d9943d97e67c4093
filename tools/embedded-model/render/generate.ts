// Renders labelled pictures into shards: node --import tsx generate.ts FOLDER --count 40000
// Shard NNNNN is three files: .rgb (3 bytes a pixel), .mask (1 byte a pixel), .labels. Shards that exist are kept,
// so an interrupted run goes on where it stopped, and a larger count extends the set.
import { fork } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { labelFields, labelOf, legend } from './labels.ts';
import { render } from './render.ts';
import { drawSpecimen, everything, training } from './specimen.ts';

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
const perShard = Number(values.shard);
const shards = Math.ceil(Number(values.count) / perShard);
const processes = Number(values.processes);

if (values.worker === undefined) {
  mkdirSync(folder, { recursive: true });
  const about = { size: Number(values.size), shard: perShard, vocabulary: values.vocabulary, ...legend() };
  writeFileSync(join(folder, 'legend.json'), `${JSON.stringify(about, null, 1)}\n`);
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

function renderShard(into: string, shard: number): void {
  const base = join(into, String(shard).padStart(5, '0'));
  if (existsSync(`${base}.labels`)) return;
  const size = Number(values.size);
  const rgb = new Uint8Array(perShard * size * size * 3);
  const mask = new Uint8Array(perShard * size * size);
  const labels = new Uint8Array(perShard * labelFields.length);
  const started = performance.now();
  for (let n = 0; n < perShard; n++) {
    const specimen = drawSpecimen(Number(values.first) + shard * perShard + n, vocabulary);
    const picture = render(specimen, size);
    rgb.set(picture.rgb, n * size * size * 3);
    mask.set(picture.mask, n * size * size);
    labels.set(labelOf(specimen), n * labelFields.length);
  }
  writeFileSync(`${base}.rgb`, rgb);
  writeFileSync(`${base}.mask`, mask);
  // The labels appear last and at once: a shard that has them is whole.
  writeFileSync(`${base}.labels.part`, labels);
  renameSync(`${base}.labels.part`, `${base}.labels`);
  console.error(`shard ${shard}: ${((performance.now() - started) / perShard).toFixed(1)} ms a picture`);
}
