/** Health checks of `likeness doctor`, one finding after the other, in the order in which things depend on each other. */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, freemem, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import prettyBytes from 'pretty-bytes';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import { MANIFEST_NAME } from '../../checkpoint/checkpoint-hash.ts';
import { listConcepts } from '../../library/find-concept.ts';
import { DEFAULT_MODEL, listModels, type ModelPlace } from '../../model-store/catalogue.ts';
import { unfinishedPulls } from '../../model-store/pull-folder.ts';
import { unfinishedRemovals } from '../../model-store/removal.ts';
import { repairAdvice } from '../../model-store/summary.ts';
import { requireParametersOf, verifyModel } from '../../model-store/verify.ts';
import { freeDiskBytes } from '../../storage/disk-space.ts';
import type { DataFolders } from '../../storage/folders.ts';
import { OutputFolder } from '../output-folder.ts';
import { formatNumberOf } from '../terminal/format.ts';

export type Severity = 'ok' | 'warning' | 'problem';

export interface Finding {
  readonly subject: string;
  readonly severity: Severity;
  readonly message: string;
  readonly advice?: string | undefined;
}

/** Stable Diffusion 1.x in fp32 has 4.3 GB of weights, and works on them beside as much again. */
const COMFORTABLE_MEMORY_BYTES = 8e9;
/** Teaching the embedded model takes less than 1 GB. */
const LEAST_FREE_MEMORY_BYTES = 1e9;
/** Weights of Stable Diffusion 1.x converted to fp32, in the cache. */
const COMFORTABLE_DISK_BYTES = 5e9;
/** A concept, its saved run and some pictures. */
const LEAST_DISK_BYTES = 200e6;
/** package.json's `engines`. */
const LEAST_NODE = [20, 19] as const;

export async function* runHealthChecks(folders: DataFolders): AsyncGenerator<Finding> {
  yield* machine();
  yield node();
  yield* devices(folders.cache);
  yield* storage(folders.home);
  yield* models(folders);
  yield* concepts(folders.concepts);
}

function* machine(): Generator<Finding> {
  const model = cpus()[0]?.model.trim() ?? 'processor not known';
  const cores = formatNumberOf(availableParallelism(), 'core');
  yield { subject: 'machine', severity: 'ok', message: `${platform()} ${arch()}, ${cores}, ${model}` };
  const message = `${prettyBytes(freemem())} free of ${prettyBytes(totalmem())}`;
  if (freemem() < LEAST_FREE_MEMORY_BYTES) {
    yield {
      subject: 'memory',
      severity: 'warning',
      message,
      advice: 'Close other programs before teaching.',
    };
  } else if (totalmem() < COMFORTABLE_MEMORY_BYTES) {
    const advice = 'Enough for the embedded model; a full-size one wants 8 GB.';
    yield { subject: 'memory', severity: 'warning', message, advice };
  } else {
    yield { subject: 'memory', severity: 'ok', message };
  }
}

function node(): Finding {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
  const fits = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  const message = `Node ${process.versions.node}`;
  if (fits) return { subject: 'node', severity: 'ok', message };
  return {
    subject: 'node',
    severity: 'problem',
    message,
    advice: `Install Node ${LEAST_NODE.join('.')} or later.`,
  };
}

async function* devices(cacheFolder: string): AsyncGenerator<Finding> {
  try {
    const { availableDevices, chooseDevice } = await import('../../runtime/device-choice.ts');
    yield { subject: 'onnxruntime', severity: 'ok', message: runtimeVersion() };
    for (const device of availableDevices()) {
      try {
        const { reason } = await chooseDevice(device, { cacheFolder });
        const message = device === 'cpu' ? 'always works' : reason.replace('asked for, and ', '');
        yield { subject: device, severity: 'ok', message };
      } catch (error) {
        if (!(error instanceof LikenessError)) throw error;
        const message = 'not usable on this computer; the CPU works in its place';
        // The provider's own words help those who know them, and whoever is asked for help.
        const words = error.message.replace(`${device} cannot be used here: `, '');
        const advice = `${error.advice ?? 'Use --device auto.'} It says: ${words}`;
        yield { subject: device, severity: 'warning', message, advice };
      }
    }
  } catch (error) {
    const message = `does not load: ${(error as Error).message.split('\n')[0]}`;
    const advice =
      'Install Likeness again (in a clone: `npm ci`). It has builds for Linux, Windows and Macs with Apple silicon.';
    yield { subject: 'onnxruntime', severity: 'problem', message, advice };
  }
}

async function* storage(home: string): AsyncGenerator<Finding> {
  try {
    const folder = await OutputFolder.claim(home);
    const free = await freeDiskBytes(home);
    await folder.abandon();
    const message = `${home}, ${prettyBytes(free)} free`;
    if (free < LEAST_DISK_BYTES) {
      const advice = 'Free some space, or set LIKENESS_HOME to a folder on another disk.';
      yield { subject: 'data folder', severity: 'problem', message, advice };
    } else if (free < COMFORTABLE_DISK_BYTES) {
      const advice = 'Enough for the embedded model; a full-size one wants 5 GB.';
      yield { subject: 'data folder', severity: 'warning', message, advice };
    } else {
      yield { subject: 'data folder', severity: 'ok', message };
    }
  } catch (error) {
    if (!(error instanceof LikenessError)) throw error;
    yield { subject: 'data folder', severity: 'problem', message: error.message, advice: error.advice };
  }
}

async function* models(folders: DataFolders): AsyncGenerator<Finding> {
  const places = await listModels(folders);
  if (!places.some(({ name }) => name === DEFAULT_MODEL)) {
    const message = `${DEFAULT_MODEL}, the default, is not there`;
    const advice = 'Clone the repository again, with its models/ folder; or give a model with --model.';
    yield { subject: 'model', severity: 'problem', message, advice };
  }
  for (const place of places) yield await modelFinding(place, folders.cache);
  yield* unfinished(folders.models);
}

async function* unfinished(folder: string): AsyncGenerator<Finding> {
  for (const { name, path, sizeBytes } of await unfinishedPulls(folder)) {
    const message = `${name} is not whole yet: a pull has fetched ${prettyBytes(sizeBytes)} so far`;
    const advice = `The same \`${PROGRAM} models pull\` goes on; or remove ${path}.`;
    yield { subject: 'model', severity: 'warning', message, advice };
  }
  for (const name of await unfinishedRemovals(folder)) {
    const message = `the removal of ${name} did not come to its end`;
    const advice = `\`${PROGRAM} models remove ${name}\` removes the rest.`;
    yield { subject: 'model', severity: 'warning', message, advice };
  }
}

/** Files are read only where a manifest says what they have to be. */
async function modelFinding({ name, folder }: ModelPlace, cacheFolder: string): Promise<Finding> {
  const subject = 'model';
  try {
    const hasManifest = existsSync(join(folder, MANIFEST_NAME));
    if (!hasManifest) {
      const parameters = await requireParametersOf(folder, cacheFolder);
      return { subject, severity: 'ok', message: `${name}: ${parameters} parameters; no ${MANIFEST_NAME}` };
    }
    let message = '';
    for await (const event of verifyModel(folder, cacheFolder)) {
      if (event.type === 'verified')
        message = `${name}: ${event.parameters} parameters, ${event.files} files as listed`;
    }
    return { subject, severity: 'ok', message };
  } catch (error) {
    if (!(error instanceof LikenessError)) throw error;
    const advice = (await repairAdvice({ name, folder })) ?? error.advice;
    return { subject, severity: 'problem', message: error.message, advice };
  }
}

async function* concepts(folder: string): AsyncGenerator<Finding> {
  const entries = await listConcepts(folder).catch((error: unknown) => {
    if (error instanceof LikenessError) return error;
    throw error;
  });
  if (entries instanceof LikenessError) {
    yield { subject: 'concepts', severity: 'problem', message: entries.message, advice: entries.advice };
    return;
  }
  const message = formatNumberOf(entries.length, 'concept');
  yield { subject: 'concepts', severity: 'ok', message };
  for (const { fault } of entries) {
    if (fault === undefined) continue;
    const advice = fault.advice ?? 'Teach it again, or remove the file.';
    yield { subject: 'concepts', severity: 'warning', message: fault.message, advice };
  }
}

/** From the package itself: its native part is not loaded for this. */
export function runtimeVersion(): string {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return version;
}
