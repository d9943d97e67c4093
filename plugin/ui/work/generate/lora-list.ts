/** LoraList: the companion's LoRAs that fit its model, and what those that are chosen bring. */

import { type Signal, signal } from '@preact/signals';
import { routes } from '../../../../shared/protocol/http.ts';
import { type LoraChoice, type LoraSummary, lorasSchema } from '../../../../shared/protocol/lora.ts';
import type { ModelSummary } from '../../../../shared/protocol/server-messages.ts';
import type { CompanionConnection } from '../../connection/companion.ts';
import { RequestFailure } from '../../connection/companion-http.ts';

type GenerateDefaults = ModelSummary['defaults']['generate'];

export class LoraList {
  readonly known: Signal<readonly LoraSummary[]> = signal([]);
  readonly #companion: CompanionConnection;

  constructor(companion: CompanionConnection) {
    this.#companion = companion;
  }

  /** None where an older companion does not know of them. */
  async refresh(): Promise<void> {
    try {
      const { loras } = await this.#companion.json(routes.loras, lorasSchema);
      this.known.value = loras.filter(({ fits }) => fits);
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      this.known.value = [];
    }
  }

  /** The chosen LoRA whose settings count: of several the last. */
  deciding(chosen: readonly LoraChoice[]): LoraSummary | undefined {
    const active = chosen.filter(({ weight }) => weight !== 0).map(({ name }) => name);
    return active
      .map((name) => this.known.value.find((one) => one.name === name))
      .findLast((one) => one?.brings);
  }

  /** Recommended settings with the chosen LoRAs in the model. */
  defaults(model: GenerateDefaults | undefined, chosen: readonly LoraChoice[]): GenerateDefaults | undefined {
    const brings = this.deciding(chosen)?.brings;
    if (model === undefined || !brings) return model;
    const { steps, guidanceScale, guidanceMax } = brings;
    return { ...model, steps, guidanceScale, ...(guidanceMax !== null && { guidanceMax }) };
  }
}
