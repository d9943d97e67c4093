/**
 * archive: a portable folder as one file to hand on: a ZIP for Windows, which opens it by itself, and a tarball for the
 * others, which keeps what may be run. The same folder gives the same bytes: names are sorted, times are one.
 */

import { createWriteStream, readdirSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { create } from 'tar';
import { ZipFile } from 'yazl';
import type { Target } from './targets.ts';

/** The first day that a ZIP can tell, so that no clock shows in an archive. */
const MADE = new Date(1980, 0, 1, 12);

/** @returns path of the archive, beside the folder */
export async function archive(folder: string, target: Pick<Target, 'os'>): Promise<string> {
  const file = `${folder}${target.os === 'win32' ? '.zip' : '.tar.gz'}`;
  const paths = filesOf(folder);
  if (target.os === 'win32') await zip(folder, paths, file);
  else {
    await create(
      { file, gzip: { level: 9 }, portable: true, mtime: MADE, cwd: dirname(folder), noDirRecurse: true },
      [...paths],
    );
  }
  return file;
}

/** Relative to the folder's parent, with slashes, sorted. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(dirname(folder), join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}

async function zip(folder: string, paths: readonly string[], file: string): Promise<void> {
  const archive = new ZipFile();
  for (const path of paths) {
    archive.addFile(join(folder, relative(basename(folder), path)), path, { mtime: MADE, mode: 0o100644 });
  }
  archive.end();
  await pipeline(archive.outputStream, createWriteStream(file));
}
