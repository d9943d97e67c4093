/** A directory of reference data in the layout of shared/golden/README.md: a checkpoint and what it must answer. */

import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Checkpoint } from '../../companion/checkpoint/component.ts';
import { openCheckpoint } from '../../companion/models/families/formats.ts';
import type { PipelineOptions } from '../../companion/pipeline/model-sessions.ts';
import { Pipeline } from '../../companion/pipeline/pipeline.ts';
import { LikenessError } from '../../shared/errors.ts';
import { FULL, HALF, OTHER_DEVICE, type Tolerances } from './comparison.ts';
import { Absent, GoldenTensors } from './golden-tensors.ts';

export class GoldenDirectory {
  readonly folder: string;
  /** The checkpoint in `pipeline/`. */
  readonly pipeline: Pipeline;
  /** For weights converted and checkpoints derived; gone after `close`. */
  readonly scratch: string;
  readonly tolerances: Tolerances;
  readonly #options: PipelineOptions;

  private constructor(folder: string, pipeline: Pipeline, options: PipelineOptions) {
    this.folder = folder;
    this.pipeline = pipeline;
    this.scratch = options.cacheFolder;
    const { precision, device = 'cpu' } = options;
    this.tolerances = precision === 'float16' ? HALF : device === 'cpu' ? FULL : OTHER_DEVICE;
    this.#options = options;
  }

  /** @throws LikenessError `input` for a folder of another layout, `checkpoint-*` for a checkpoint that is unsound */
  static async open(
    path: string,
    options: Omit<PipelineOptions, 'cacheFolder'> = {},
  ): Promise<GoldenDirectory> {
    const folder = resolve(path);
    for (const part of ['', 'pipeline', 'golden']) {
      if (existsSync(join(folder, part))) continue;
      throw new LikenessError(
        'input',
        `${join(folder, part)} is not there, expected a folder with pipeline/ and golden/`,
      );
    }
    const scratch = await mkdtemp(join(tmpdir(), 'likeness-golden-'));
    try {
      const pipelineOptions = { ...options, cacheFolder: scratch };
      const pipeline = await Pipeline.open(join(folder, 'pipeline'), pipelineOptions);
      return new GoldenDirectory(folder, pipeline, pipelineOptions);
    } catch (cause) {
      await rm(scratch, { recursive: true });
      throw cause;
    }
  }

  async close(): Promise<void> {
    await this.pipeline.close();
    await rm(this.scratch, { recursive: true });
  }

  /** A path in this directory. @throws Absent */
  path(...parts: readonly string[]): string {
    const path = join(this.folder, ...parts);
    if (!existsSync(path)) throw new Absent(`no ${parts.join('/')}`);
    return path;
  }

  /** The arrays of a file in `golden/`. @throws Absent */
  async tensors(file: string): Promise<GoldenTensors> {
    return GoldenTensors.open(this.path('golden', file), file);
  }

  /** @throws Absent */
  async json(...parts: readonly string[]): Promise<unknown> {
    // Python writes Infinity, which JSON does not know.
    return JSON.parse((await readFile(this.path(...parts), 'utf8')).replaceAll('-Infinity', 'null'));
  }

  /** Names of the files in a folder of this directory; none where it is not there. */
  files(folder: string): readonly string[] {
    const path = join(this.folder, folder);
    return existsSync(path) ? readdirSync(path).sort() : [];
  }

  /** What `golden/` has of names `<prefix><kind>.safetensors`, as kinds, sorted. */
  kinds(prefix: string): readonly string[] {
    const suffix = '.safetensors';
    return readdirSync(join(this.folder, 'golden'))
      .filter((name) => name.startsWith(prefix) && name.endsWith(suffix))
      .map((name) => name.slice(prefix.length, -suffix.length))
      .sort();
  }

  /** Runs another checkpoint, and gives its memory back. */
  async withCheckpoint<T>(folder: string, use: (pipeline: Pipeline) => Promise<T>): Promise<T> {
    return this.withOpened(await openCheckpoint(folder), use);
  }

  /** The same of one that is open. */
  async withOpened<T>(checkpoint: Checkpoint, use: (pipeline: Pipeline) => Promise<T>): Promise<T> {
    const pipeline = await Pipeline.of(checkpoint, this.#options);
    try {
      return await use(pipeline);
    } finally {
      await pipeline.close();
    }
  }
}
