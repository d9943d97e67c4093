/** MeasuredSpeed: this computer's speed for the panel, measured once while no job runs; until then no cost is told. */

import { DEVICES, type DevicePrecision } from '../../runtime/device.ts';
import { precisionsHere } from '../../runtime/device-choice.ts';
import { speedHere } from '../../runtime/device-speed.ts';
import type { DeviceSpeed } from '../../runtime/speed-test.ts';

export interface MeasuredSpeedOptions {
  readonly cacheFolder: string;
  /** By its name; another word means the best. */
  readonly device: () => string;
  /** Other work would be measured too, and made to wait. */
  readonly isIdle: () => boolean;
  readonly whenKnown: () => void;
}

export class MeasuredSpeed {
  readonly #options: MeasuredSpeedOptions;
  readonly #closing = new AbortController();
  #value: DeviceSpeed | undefined;
  #precisions: readonly DevicePrecision[] = [];
  #measuring: Promise<void> | undefined;

  constructor(options: MeasuredSpeedOptions) {
    this.#options = options;
  }

  /** undefined until it is known: the first call, of a computer that does nothing else, has it measured. */
  get value(): DeviceSpeed | undefined {
    const { signal } = this.#closing;
    if (
      this.#value === undefined &&
      this.#measuring === undefined &&
      !signal.aborted &&
      this.#options.isIdle()
    )
      this.#measuring = this.#measure();
    return this.#value;
  }

  /** Precisions that the device works in as well as in any other; none until the speed is known. */
  get precisions(): readonly DevicePrecision[] {
    return this.#precisions;
  }

  async #measure(): Promise<void> {
    const { cacheFolder, device, whenKnown } = this.#options;
    const { signal } = this.#closing;
    // "cuda in fp16"
    const wanted = DEVICES.find((one) => one === device().split(' ')[0]) ?? 'auto';
    // A device that fails here is told of where work is to run on it.
    this.#value = await speedHere({ device: wanted, cacheFolder, signal }).catch(() => undefined);
    if (this.#value === undefined || signal.aborted) return;
    this.#precisions = await precisionsHere(wanted, { cacheFolder, signal }).catch(() => []);
    whenKnown();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#measuring;
  }
}
