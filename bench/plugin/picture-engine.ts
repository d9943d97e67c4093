/** An engine that has its pictures already: what is measured is how they come onto the canvas. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GenerateEvent, TeachEvent } from '../../companion/engine/events.ts';
import type { GenerateRequest } from '../../companion/engine/requests.ts';
import { plainPicture } from '../../companion/images/picture.ts';
import type { Engine } from '../../companion/jobs/runs/context.ts';
import { photoPng } from './photo.ts';

export class PictureEngine implements Engine {
  readonly #side: number;
  #pictures: readonly Uint8Array[] = [];
  #letOn: () => void = () => {};
  #gate: Promise<void> = Promise.resolve();

  constructor(side: number) {
    this.#side = side;
  }

  /** Made before anything is measured: the machine then has nothing else to do. The next job waits for `letOn`. */
  async paint(count: number, seed: number): Promise<void> {
    const numbers = Array.from({ length: count }, (_, index) => seed + index);
    this.#pictures = await Promise.all(numbers.map((number) => photoPng(this.#side, number)));
    this.#gate = new Promise((resolve) => {
      this.#letOn = resolve;
    });
  }

  async prepare(): Promise<void> {}

  /** Ends the wait of the job that was painted. */
  letOn(): void {
    this.#letOn();
  }

  async *generate({ count, seed, out }: GenerateRequest): AsyncGenerator<GenerateEvent, void> {
    const side = this.#side;
    yield { type: 'model', name: 'bench', device: 'cpu', precision: 'fp32', resolution: side, notes: [] };
    await mkdir(out!, { recursive: true });
    await this.#gate;
    for (let index = 0; index < count; index++) {
      const file = join(out!, `${seed + index}.png`);
      await writeFile(file, this.#pictures[index]!);
      const fraction = (index + 1) / count;
      const step = { picture: index, count, step: 1, steps: 1, fraction, secondsLeft: 0 };
      yield { type: 'step', ...step, preview: plainPicture(64, 64, [90, 90, 90]) };
      const done = { picture: index, count, seed: seed + index, masks: [], seconds: 0 };
      yield { type: 'picture', ...done, width: side, height: side, png: this.#pictures[index]!, file };
    }
  }

  teach(): AsyncGenerator<TeachEvent, void> {
    throw new Error('internal: nothing is taught here');
  }
}
