/**
 * Diagnostics file, which a person sends along when they ask for help: doctor's findings, versions, counts, the last
 * failures. It is put together from known fields, and texts go through Redaction. It gets a name that is free.
 *
 * Plain text opens by a double click, reads as it was written, so that a designer can check it before it goes out, and
 * any line can be deleted. JSON would be for programs, and none reads it.
 */

import { existsSync } from 'node:fs';
import { arch, platform, release, version as systemVersion } from 'node:os';
import { join, resolve } from 'node:path';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import type { AnyJobState } from '../../../shared/protocol/job.ts';
import { hashCheckpoint } from '../../checkpoint/checkpoint-hash.ts';
import { readJobSnapshot } from '../../jobs/snapshot.ts';
import { FileLibrary } from '../../library/file-library.ts';
import { listModels, type ModelPlace } from '../../model-store/catalogue.ts';
import { openCheckpoint } from '../../models/families/formats.ts';
import type { DataFolders } from '../../storage/folders.ts';
import { escapeControlCharacters } from '../terminal/failure.ts';
import { formatNumberOf } from '../terminal/format.ts';
import { type Finding, runtimeVersion } from './health-checks.ts';
import { logTail } from './log-tail.ts';
import { LEFT_OUT, Redaction } from './redaction.ts';
import { isPublic, knownSecrets } from './secrets.ts';

export interface DiagnosticsOptions {
  readonly folders: DataFolders;
  readonly findings: readonly Finding[];
  /** Version of Likeness. */
  readonly version: string;
  readonly now: Date;
}

/** The last failures explain what somebody asks about today. */
const MAX_FAILED_JOBS = 10;

/** Variables that change what happens. Their values are addresses, paths and tokens. */
const VARIABLES = [
  'LIKENESS_HOME',
  'LIKENESS_DEBUG',
  'LIKENESS_DEVICE_MEMORY',
  'HF_ENDPOINT',
  'HF_TOKEN',
  'HTTPS_PROXY',
  'NO_PROXY',
  'NODE_OPTIONS',
  'CUDA_VISIBLE_DEVICES',
  'LD_LIBRARY_PATH',
  'OMP_NUM_THREADS',
] as const;

export async function diagnosticsText(options: DiagnosticsOptions): Promise<string> {
  const { folders, findings, version, now } = options;
  const library = new FileLibrary(folders.concepts);
  // A folder that cannot be read is among the findings.
  const listing = await library.list().catch(() => ({ concepts: [], damaged: [] }));
  const removed = await library.removed().catch(() => []);
  const { states: jobs, unreadable } = await readJobSnapshot(join(folders.home, 'jobs'));
  const redaction = new Redaction(await knownSecrets({ folders, jobs, library: listing, removed }));
  const versions = listing.concepts.reduce((sum, concept) => sum + concept.versions.length, 0);
  const log = await logTail(folders.home, redaction);
  const sections: Readonly<Record<string, readonly string[]>> = {
    Versions: [`Likeness ${version}`, ...(await parts()), redaction.text(system())],
    'What doctor finds': findings.map((finding) => findingText(finding, redaction)),
    Models: await modelLines(await listModels(folders), folders.cache),
    'Environment variables': VARIABLES.map((name) => `${name} is ${process.env[name] ? 'set' : 'not set'}`),
    Counts: [
      `${formatNumberOf(listing.concepts.length, 'concept')} in ${formatNumberOf(versions, 'version')}, ${listing.damaged.length} damaged, ${removed.length} in the trash`,
      `${formatNumberOf(jobs.length, 'job')}${statesOf(jobs)}, ${unreadable} unreadable`,
    ],
    'Jobs that failed last': failedJobs(jobs, redaction),
    'The end of the log': log,
  };
  const body = Object.entries(sections).map(([title, lines]) => section(title, lines));
  return [heading(now), ...body].join('\n\n').concat('\n');
}

function heading(now: Date): string {
  return [
    `Likeness diagnostics, ${now.toISOString()}`,
    '',
    `Written by \`${PROGRAM} doctor --collect\`. It was sent to nobody: read it, delete what you like, then attach it.`,
    'DATA, CACHE and LIKENESS are the folders of your data, of the cache and of the program, ~ is your own.',
    `${LEFT_OUT} stands for a name, prompt, path or quotation of yours.`,
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string {
  return [title, '-'.repeat(title.length), ...(lines.length === 0 ? ['none'] : lines)].join('\n');
}

async function parts(): Promise<readonly string[]> {
  return [`Node ${process.versions.node}`, `onnxruntime ${runtimeVersion()}`, ...(await pictureParts())];
}

async function pictureParts(): Promise<readonly string[]> {
  try {
    const { libraryVersions } = await import('../../images/resize.ts');
    return Object.entries(libraryVersions()).map(([name, version]) => `${name} ${version}`);
  } catch {
    return ['sharp does not load'];
  }
}

function system(): string {
  return `${platform()} ${release()} ${arch()}, ${systemVersion()}`;
}

function findingText({ subject, severity, message, advice }: Finding, redaction: Redaction): string {
  // A concept's own file says what is wrong with it, and may quote itself.
  const clean = (text: string) =>
    escapeControlCharacters(subject === 'concepts' ? redaction.quoting(text) : redaction.text(text));
  const line = `${severity.padEnd(7)} ${subject}: ${clean(message)}`;
  return advice === undefined ? line : `${line}\n        ${clean(advice)}`;
}

async function modelLines(places: readonly ModelPlace[], cache: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const { name, folder } of places) {
    lines.push(`${isPublic(name) ? name : `one of your own, ${LEFT_OUT}`}: ${await identity(folder, cache)}`);
  }
  return lines;
}

/** Hash of the model's weights, which concepts name. */
async function identity(folder: string, cache: string): Promise<string> {
  try {
    return `SHA-256 ${await hashCheckpoint(await openCheckpoint(folder), cache)}`;
  } catch (error) {
    if (!(error instanceof LikenessError)) throw error;
    return `cannot be read (${error.code})`;
  }
}

/** ": 3 done, 1 failed" */
function statesOf(jobs: readonly AnyJobState[]): string {
  const counts = new Map<string, number>();
  for (const { status } of jobs) counts.set(status.state, (counts.get(status.state) ?? 0) + 1);
  return counts.size === 0
    ? ''
    : `: ${[...counts]
        .sort()
        .map(([state, count]) => `${count} ${state}`)
        .join(', ')}`;
}

function failedJobs(jobs: readonly AnyJobState[], redaction: Redaction): readonly string[] {
  return jobs
    .flatMap(({ kind, status, endedAt }) => (status.state === 'failed' ? [{ kind, status, endedAt }] : []))
    .sort((a, b) => ((a.endedAt ?? '') < (b.endedAt ?? '') ? -1 : 1))
    .slice(-MAX_FAILED_JOBS)
    .map(({ kind, status: { code, message, saved }, endedAt }) => {
      const from = saved === undefined ? '' : `, saved at step ${saved.step} of ${saved.steps}`;
      return `${endedAt} ${kind}, ${code}: ${escapeControlCharacters(redaction.quoting(message))}${from}`;
    });
}

/**
 * Absolute path of the file; resolved before the work, so that a wrong name is refused at once.
 * @param wanted undefined for a name of the day's own
 * @throws LikenessError `input` where the file is there
 */
export function diagnosticsFile(wanted: string | undefined, now: Date): string {
  if (wanted === undefined) return freeName(now);
  const file = resolve(wanted);
  if (!existsSync(file)) return file;
  throw new LikenessError('input', `${file} is there already`, {
    advice: 'Give --collect another file, or none: it then finds a name of its own.',
  });
}

function freeName(now: Date): string {
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  // The day on the person's wall.
  const day = [now.getFullYear(), twoDigits(now.getMonth() + 1), twoDigits(now.getDate())].join('-');
  for (let copy = 1; ; copy++) {
    const file = resolve(`likeness-diagnostics-${day}${copy === 1 ? '' : `-${copy}`}.txt`);
    if (!existsSync(file)) return file;
  }
}
