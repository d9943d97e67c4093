/**
 * A log file that stays small: at its limit it becomes FILE.1, the former FILE.1 becomes FILE.2, and the oldest goes.
 * Written synchronously: lines are few, and the last ones before a crash are those one wants to read.
 */

import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Writable } from 'node:stream';

export interface RotationLimits {
  readonly maxBytes: number;
  /** Files that are kept beside the one that is written. */
  readonly kept: number;
}

export class RotatingFile extends Writable {
  readonly #path: string;
  readonly #limits: RotationLimits;
  #sizeBytes: number;

  constructor(path: string, limits: RotationLimits) {
    super({ decodeStrings: true });
    this.#path = path;
    this.#limits = limits;
    mkdirSync(dirname(path), { recursive: true });
    this.#sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    try {
      if (this.#sizeBytes > 0 && this.#sizeBytes + chunk.length > this.#limits.maxBytes) this.#rotate();
      appendFileSync(this.#path, chunk);
      this.#sizeBytes += chunk.length;
    } catch {
      // A full disk must not end the companion over its own log; the next line is tried again.
    }
    done();
  }

  #rotate(): void {
    rmSync(`${this.#path}.${this.#limits.kept}`, { force: true });
    for (let age = this.#limits.kept - 1; age >= 1; age--) move(`${this.#path}.${age}`, age, this.#path);
    move(this.#path, 0, this.#path);
    this.#sizeBytes = 0;
  }
}

function move(from: string, age: number, path: string): void {
  if (statSync(from, { throwIfNoEntry: false })) renameSync(from, `${path}.${age + 1}`);
}
