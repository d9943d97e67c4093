/** Steps of the work on a model, as parts of a ModelTask that change: of a pull, and of a verification. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorCode, LikenessError, PROGRAM } from '../../shared/errors.ts';
import type { ModelTask } from '../../shared/protocol/model.ts';
import { reportOf } from '../../shared/protocol/zod.ts';
import type { DataFolders } from '../storage/folders.ts';
import { pullModel } from './pull/pull.ts';
import { resolvePull } from './pull/pull-request.ts';
import { verifyModel } from './verify.ts';

export interface ModelTaskOptions {
  readonly folders: DataFolders;
  /** Hub, token and proxies. */
  readonly env: NodeJS.ProcessEnv;
}

export interface TaskOrder {
  readonly name: string;
  /** The one that a person accepted; of a pull. */
  readonly licence: string | undefined;
  /** Known from before the pause, where a pull goes on; else 0. */
  readonly totalBytes: number;
  readonly signal: AbortSignal;
}

export type TaskSteps = (
  order: TaskOrder,
  options: ModelTaskOptions,
) => AsyncGenerator<Partial<ModelTask>, void>;

/**
 * @throws LikenessError as resolvePull and pullModel; `input` where the hub has the model under another licence than the
 *   one that was accepted
 */
export async function* pullSteps(
  { name, licence, totalBytes: before, signal }: TaskOrder,
  { folders, env }: ModelTaskOptions,
): AsyncGenerator<Partial<ModelTask>, void> {
  const { models, cache } = folders;
  const request = await resolvePull(name, {}, models, env);
  // Files that are whole are no longer counted by a pull that goes on.
  let wholeBytes = 0;
  for await (const event of pullModel({ ...request, models, cacheFolder: cache, signal })) {
    switch (event.type) {
      case 'repository':
        if (event.licence !== undefined) requireSameLicence(name, event.licence, licence);
        break;
      case 'weights': {
        wholeBytes = Math.max(0, before - event.sizeBytes);
        yield { bytes: wholeBytes + event.receivedBytes, totalBytes: wholeBytes + event.sizeBytes };
        break;
      }
      case 'progress': {
        const { bytes, totalBytes, bytesPerSecond, secondsLeft } = event;
        yield {
          bytes: wholeBytes + bytes,
          totalBytes: wholeBytes + totalBytes,
          bytesPerSecond,
          secondsLeft: Number.isFinite(secondsLeft) ? Math.max(0, secondsLeft) : null,
        };
        break;
      }
      default:
        break;
    }
  }
}

function requireSameLicence(name: string, stated: string, accepted: string | undefined): void {
  if (stated === accepted) return;
  throw new LikenessError('input', `${name} has the licence ${stated} now, accepted was ${accepted}`, {
    advice: 'Update Likeness, so that it shows you the licence of today.',
  });
}

/** Between two files it can be stopped. @throws LikenessError `checkpoint-*` */
export async function* verifySteps(
  folder: string,
  { signal }: TaskOrder,
  { folders }: ModelTaskOptions,
): AsyncGenerator<Partial<ModelTask>, void> {
  const begunAt = performance.now();
  let bytes = 0;
  let totalBytes = 0;
  for await (const event of verifyModel(folder, folders.cache)) {
    if (signal.aborted) return;
    if (event.type === 'parameters') totalBytes = event.sizeBytes;
    if (event.type === 'file') bytes += await sizeOf(join(folder, event.path));
    if (event.type === 'verified') bytes = totalBytes;
    // Tokenizers and the like are read too, and are not among the weights.
    const done = Math.min(bytes, totalBytes);
    const bytesPerSecond = (1000 * done) / Math.max(1, performance.now() - begunAt);
    const secondsLeft = done === 0 ? null : (totalBytes - done) / bytesPerSecond;
    yield { bytes: done, totalBytes, bytesPerSecond, secondsLeft };
  }
}

/** Bytes of a file of the model, or of what it links to; 0 where it went meanwhile. */
async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

/** Advice for people who have buttons, where an error's own names commands. */
const ADVICE: Readonly<Partial<Record<ErrorCode, string>>> = {
  network: 'Check the connection, then resume: it goes on where it stopped.',
  'checkpoint-format': 'Get the model again: only files that differ are fetched.',
  'checkpoint-missing': 'Check the path, and that its drive is there; else get the model again.',
  'checkpoint-unsupported': 'Choose another model.',
  input: 'Choose another one, or remove the one that is in its way.',
};

/** The same error with advice that can be followed in the panel. */
export function forPanel(error: unknown): unknown {
  const { code, message, advice } = reportOf(error);
  if (!(error instanceof LikenessError)) return error;
  // What a command's own advice says of connections is to run the command again.
  const isForTerminal = advice.includes(PROGRAM) || /command|--\w/.test(advice) || code === 'network';
  const other = ADVICE[error.code];
  if (!isForTerminal || other === undefined) return error;
  return new LikenessError(error.code, message, { advice: other, cause: error });
}
