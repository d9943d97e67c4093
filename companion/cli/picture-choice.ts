/**
 * choosePictures: the pictures that files and folders on a command line stand for. A folder stands for the pictures
 * directly inside it, told by their content, whatever their names end in; everything in it that is not used is named with
 * the reason.
 */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LikenessError } from '../../shared/errors.ts';
import { describeKind, imageKind } from '../../shared/image-kind.ts';
import type { Output } from './terminal/output.ts';

/** A file that was given, or lies in a folder that was, and is not taught from. */
export interface LeftOut {
  readonly file: string;
  /** Its kind or fault, and the way out. */
  readonly reason: string;
}

export interface PictureChoice {
  readonly maximum: number;
  /** @throws LikenessError for a file that is a picture by its first bytes and no use */
  readonly tryPicture: (file: string) => Promise<unknown>;
  /** Called once, before anything is thrown for want of pictures; not for an empty list. */
  readonly whenLeftOut: (left: readonly LeftOut[]) => void;
}

/** Enough for every kind's signature, and for an SVG's declaration and comments. */
const PROBE_BYTES = 1024;

/** Frames are often numbered: 2 comes before 10. */
const byNumber = new Intl.Collator('en', { numeric: true });

interface Candidate {
  readonly file: string;
  /** Named itself: what is wrong with it ends the command. */
  readonly isNamed: boolean;
}

/**
 * In the order given; of a folder by name. What a command names itself is not looked into here, but for doubles.
 * @throws LikenessError `input` for a folder without pictures, or more pictures in all than `maximum`
 */
export async function choosePictures(
  paths: readonly string[],
  { maximum, tryPicture, whenLeftOut }: PictureChoice,
): Promise<readonly string[]> {
  const left: LeftOut[] = [];
  const candidates: Candidate[] = [];
  const empty: string[] = [];
  for (const path of paths) {
    if (!(await isFolder(path))) {
      candidates.push({ file: path, isNamed: true });
      continue;
    }
    const before = candidates.length;
    for (const name of await namesIn(path)) {
      const file = join(path, name);
      const reason = await unusable(file);
      if (reason === undefined) candidates.push({ file, isNamed: false });
      else left.push({ file, reason });
    }
    if (candidates.length === before) empty.push(path);
  }
  const single = await withoutDoubles(candidates, left);
  // Before they are decoded: a folder of a thousand photos takes minutes.
  if (single.length > maximum) {
    if (left.length > 0) whenLeftOut(left);
    throw tooMany(single.length, maximum);
  }
  const sound = await withoutBroken(single, tryPicture, left);
  if (left.length > 0) whenLeftOut(left);
  if (empty.length > 0) throw withoutPictures(empty[0]!, 'has no pictures');
  if (sound.length === 0) throw withoutPictures(paths.join(', '), 'has no picture that can be used');
  return sound;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new LikenessError('input', `${folder} cannot be read (${cause.code})`, {
      advice: 'Check its permissions, or name the pictures themselves.',
      cause,
    });
  });
  return names.sort(byNumber.compare);
}

/** The reason why an entry of a folder is none of its pictures; undefined for one. Pipes and devices are not opened. */
async function unusable(file: string): Promise<string | undefined> {
  if (basename(file).startsWith('.')) return 'it is hidden. Name it itself to use it';
  const entry = await stat(file).catch(() => undefined);
  if (entry === undefined) return 'it is a link to a file that is not there, or cannot be read';
  if (entry.isDirectory()) return 'it is a folder in the folder. Name it itself to use its pictures';
  if (!entry.isFile()) return 'it is a device or pipe';
  if (entry.size === 0) return 'it is empty';
  try {
    const head = await firstBytes(file);
    if (imageKind(head) !== undefined) return undefined;
    return `it is ${describeKind(head)}. Export it as PNG, JPEG or WebP to use it`;
  } catch (error) {
    return `it cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(PROBE_BYTES), 0, PROBE_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The first of those with the same bytes: learned twice, a picture would count twice. */
async function withoutDoubles(
  candidates: readonly Candidate[],
  left: LeftOut[],
): Promise<readonly Candidate[]> {
  const firstOf = new Map<string, string>();
  const single: Candidate[] = [];
  for (const candidate of candidates) {
    const { file } = candidate;
    const digest = await digestOf(file);
    const first = digest === undefined ? undefined : firstOf.get(digest);
    if (first === undefined) single.push(candidate);
    else left.push({ file, reason: `it is the same picture as ${basename(first)}` });
    if (digest !== undefined && first === undefined) firstOf.set(digest, file);
  }
  return single;
}

/** SHA-256; undefined for what cannot be read, or is no file, which whoever decodes it says better. */
async function digestOf(path: string): Promise<string | undefined> {
  try {
    if (!(await stat(path)).isFile()) return undefined;
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}

async function withoutBroken(
  candidates: readonly Candidate[],
  tryPicture: PictureChoice['tryPicture'],
  left: LeftOut[],
): Promise<readonly string[]> {
  const sound: string[] = [];
  for (const { file, isNamed } of candidates) {
    try {
      if (!isNamed) await tryPicture(file);
      sound.push(file);
    } catch (error) {
      if (!(error instanceof LikenessError)) throw error;
      const { message, advice = '' } = error;
      left.push({ file, reason: `${message.replace(`${basename(file)}: `, '')}. ${advice}`.trim() });
    }
  }
  return sound;
}

function tooMany(got: number, maximum: number): LikenessError {
  return new LikenessError('input', `got ${got} pictures, expected 1 to ${maximum}`, {
    advice: 'Choose the sharpest, from different sides: three to eight teach best.',
  });
}

function withoutPictures(folder: string, fault: string): LikenessError {
  return new LikenessError('input', `${folder} ${fault}, expected PNG, JPEG or WebP files`, {
    advice: 'Name a folder that has them, or the pictures themselves.',
  });
}

/** Lines that a terminal still shows at once; --json names all. */
const LONGEST_LIST = 40;

export function showLeftOut(left: readonly LeftOut[], output: Output): void {
  for (const { file, reason } of left) output.event({ type: 'left-out', file, reason });
  for (const { file, reason } of left.slice(0, LONGEST_LIST)) {
    output.warn(`${basename(file)} is not used: ${reason}`);
  }
  const more = left.length - LONGEST_LIST;
  if (more > 0) output.warn(`${more} more are not used; --json names them`);
}
