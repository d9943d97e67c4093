/** TextStates: what the text encoders made of the last prompts, so that each is encoded once, whatever is made of it after. */

import { createHash } from 'node:crypto';
import type { Conditioning } from './conditioning.ts';

/**
 * Learned embeddings by the word that they stand for, which is one token: one a text encoder, [width] each. They take the
 * place of the checkpoint's rows.
 */
export type LearnedWords = ReadonlyMap<string, readonly Float32Array[]>;

/** Prompts that a person goes back and forth between. Those of two text encoders take 0.6 MB each. */
const MAX_PROMPTS = 16;

export class TextStates {
  /** From the one used longest ago. */
  readonly #known = new Map<string, Promise<Conditioning>>();

  has(ids: readonly (readonly number[])[], learned: LearnedWords): boolean {
    return this.#known.has(keyOf(ids, learned));
  }

  /** @param ids of one prompt, a list for each text encoder; `make` is called where they are not known */
  of(
    ids: readonly (readonly number[])[],
    learned: LearnedWords,
    make: () => Promise<Conditioning>,
  ): Promise<Conditioning> {
    const key = keyOf(ids, learned);
    const states = this.#known.get(key) ?? make();
    this.#known.delete(key);
    this.#known.set(key, states);
    // A failure is not kept: the next attempt may have the memory that this one lacked.
    states.catch(() => this.#known.delete(key));
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_PROMPTS) break;
      this.#known.delete(oldest);
    }
    return states;
  }
}

/** Embeddings by their bytes: those of a teaching under way change in place. */
function keyOf(ids: readonly (readonly number[])[], learned: LearnedWords): string {
  const hash = createHash('sha256').update(JSON.stringify(ids));
  for (const [word, embeddings] of learned) {
    hash.update(JSON.stringify(word));
    for (const embedding of embeddings) hash.update(embedding);
  }
  return hash.digest('hex');
}
