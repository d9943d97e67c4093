/** The files of one job. Their names are made from numbers alone. */

import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LikenessError } from '../../../../shared/errors.ts';
import type { LayerName } from '../../../../shared/protocol/product.ts';
import { writeFileAtomically } from '../../../storage/atomic-file.ts';
import { openRegularFile, readRegularFile } from '../../../storage/regular-file.ts';
import { shortageFault } from '../../../storage/system-fault.ts';
import { TEMPORARY_SUFFIX } from '../../../storage/temporary-file.ts';
import type { PictureFiles } from '../../job-record.ts';

/** Frames as they were sent, which the version before kept here. */
const FRAME_NAME = /^image-\d+\.(png|jpg|webp)$/;

/** Folders in which the version before kept copies of concepts, and pictures on their way. */
const FOLDERS_BEFORE = ['concepts', 'output'];

/** Largest file that a job has: a picture of 4096 px whose every pixel is another takes a quarter of it. */
const JOB_FILE_MAX_BYTES = 256 * 1024 * 1024;

/** First and last bytes of a PNG: its signature, and its end's chunk with its checksum. */
const PNG_START = Buffer.from('89504e470d0a1a0a', 'hex');
const PNG_END = Buffer.from('0000000049454e44ae426082', 'hex');

export class JobFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  get record(): string {
    return join(this.folder, 'job.json');
  }

  /** Saved run of a teaching. */
  get teachingState(): string {
    return join(this.folder, 'teaching.safetensors');
  }

  /** Concept that the version before left here until the library had it. */
  get taughtConcept(): string {
    return join(this.folder, 'taught.safetensors');
  }

  /** Finished tiles of a picture that is enlarged. */
  get tiles(): string {
    return join(this.folder, 'tiles');
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** False also for the beginning of one, and for what a crash of the computer left without its bytes. */
  async hasPicture(picture: number): Promise<boolean> {
    const file = await openRegularFile(this.picturePath(picture)).catch(() => undefined);
    if (file === undefined) return false;
    try {
      const { size } = await file.stat();
      const [start, end] = [Buffer.alloc(PNG_START.length), Buffer.alloc(PNG_END.length)];
      await file.read(start, 0, start.length, 0);
      await file.read(end, 0, end.length, Math.max(0, size - end.length));
      return start.equals(PNG_START) && end.equals(PNG_END);
    } finally {
      await file.close();
    }
  }

  picturePath(picture: number): string {
    return join(this.folder, `picture-${picture}.png`);
  }

  /** @throws LikenessError `storage` */
  async writePicture(picture: number, png: Uint8Array): Promise<void> {
    await writeFileAtomically(this.picturePath(picture), png);
  }

  async writeMask(picture: number, concept: number, cells: Uint8Array): Promise<void> {
    await writeFileAtomically(this.#mask(picture, concept), cells);
  }

  async writeLayer(picture: number, layer: LayerName, png: Uint8Array): Promise<void> {
    await writeFileAtomically(this.#layer(picture, layer), png);
  }

  /** A layer of a picture around a product, as PNG. @throws LikenessError `storage` */
  async readLayer(picture: number, layer: LayerName): Promise<Uint8Array> {
    return read(this.#layer(picture, layer));
  }

  /** The PNG with its record. @throws LikenessError `storage` where somebody took it away, or it is damaged */
  async readPicture(picture: number): Promise<Uint8Array> {
    const bytes = await read(this.picturePath(picture));
    const isWhole =
      bytes.subarray(0, PNG_START.length).equals(PNG_START) &&
      bytes.subarray(-PNG_END.length).equals(PNG_END);
    if (!isWhole) throw damaged(this.picturePath(picture));
    return bytes;
  }

  /** rows * columns bytes. @throws LikenessError `storage` */
  async readMask(
    picture: number,
    concept: number,
    { rows, columns }: PictureFiles['masks'][number],
  ): Promise<Uint8Array> {
    const bytes = await read(this.#mask(picture, concept));
    if (bytes.length !== rows * columns) throw damaged(this.#mask(picture, concept));
    return bytes;
  }

  /** In bytes: what a teaching that ended early holds on to here. @param frames names of files */
  async teachingBytes(frames: readonly string[]): Promise<number> {
    const files = [this.teachingState, this.taughtConcept, ...frames.map((name) => this.path(name))];
    const sizes = files.map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    );
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  /** Removes what an engine left behind that died while it was saving. */
  async removeUnfinished(): Promise<void> {
    const begun = [this.teachingState, this.taughtConcept].map((file) => `.${basename(file)}.`);
    for (const name of await readdir(this.folder).catch(() => [])) {
      const isUnfinished = name.endsWith(TEMPORARY_SUFFIX) && begun.some((start) => name.startsWith(start));
      if (isUnfinished) await rm(this.path(name), { force: true });
    }
  }

  /**
   * What a stop in mid-write, or between a job's end and its tidying up, left behind. For a start: nothing of this
   * companion writes here yet.
   * @param frames names of files that the record has
   * @param mayGoOn whether the job has not ended, or has a saved run
   */
  async removeLeftBehind(frames: readonly string[], mayGoOn: boolean): Promise<void> {
    const saved = mayGoOn ? this.#savedNames : [];
    const isWork = (name: string) =>
      FRAME_NAME.test(name) || this.#workNames.includes(name) || name.endsWith(TEMPORARY_SUFFIX);
    // An engine that outlived its companion may be saving yet.
    const isNeeded = (name: string) =>
      frames.includes(name) || saved.some((file) => name === file || name.startsWith(`.${file}.`));
    for (const name of await readdir(this.folder).catch(() => [])) {
      if (!isWork(name) || isNeeded(name)) continue;
      // One that cannot be removed stays for the next start.
      await rm(this.path(name), { recursive: true, force: true }).catch(() => {});
    }
  }

  /** Removes what is of no use to an ended job. */
  async removeWork(frames: readonly string[]): Promise<void> {
    await this.removeUnfinished();
    await this.removeFiles([...this.#workNames, ...frames]);
  }

  async removeFiles(names: readonly string[]): Promise<void> {
    for (const name of names) await rm(this.path(name), { recursive: true, force: true });
  }

  get #workNames(): readonly string[] {
    return [...this.#savedNames, ...FOLDERS_BEFORE];
  }

  /** Files that a job which has not ended goes on from. */
  get #savedNames(): readonly string[] {
    return [this.teachingState, this.taughtConcept, this.tiles].map((file) => basename(file));
  }

  #layer(picture: number, layer: LayerName): string {
    return join(this.folder, `layer-${picture}-${layer}.png`);
  }

  #mask(picture: number, concept: number): string {
    return join(this.folder, `mask-${picture}-${concept}.bin`);
  }
}

const AGAIN_ADVICE = 'Make the picture again: its prompt and seed are in the history.';

async function read(path: string): Promise<Buffer> {
  return readRegularFile(path, JOB_FILE_MAX_BYTES).catch((cause: unknown) => {
    throw (
      shortageFault(cause) ??
      new LikenessError('storage', 'a file of this job is no longer there', { advice: AGAIN_ADVICE, cause })
    );
  });
}

function damaged(path: string): LikenessError {
  return new LikenessError('storage', `${path} is damaged`, { advice: AGAIN_ADVICE });
}
