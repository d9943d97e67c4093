/**
 * AgeLedger: how long things have been kept, for whatever deletes by age. Age is counted in days of use, which are the
 * different dates on which somebody looked: a clock that jumps by years, or back to 1970, adds one day, and one that jumps
 * to and fro adds no more. Whoever uses the product every day counts as the calendar does; everybody else keeps longer.
 */

import { z } from 'zod';
import { type BlobKey, BlobMissing, type BlobStore } from './blob-store.ts';

/** Dates that are remembered, so that none counts twice: more than the longest time that anything is kept. */
const MAX_DATES = 400;

const ledgerSchema = z.strictObject({
  schema: z.literal(1),
  /** Days of use so far. */
  days: z.int().nonnegative(),
  /** The last of them, YYYY-MM-DD, in the order in which they were met. */
  dates: z.array(z.string()).max(MAX_DATES),
  /** Each thing and the day on which it was first seen, the first one first. */
  items: z.array(z.tuple([z.string(), z.int().nonnegative()])),
});

type Ledger = z.infer<typeof ledgerSchema>;

const EMPTY: Ledger = { schema: 1, days: 0, dates: [], items: [] };

export class AgeLedger {
  readonly #store: BlobStore;
  readonly #key: BlobKey;

  /** @param key of the blob that the ledger is kept in, from the first thing to the last */
  constructor(store: BlobStore, key: BlobKey) {
    this.#store = store;
    this.#key = key;
  }

  /**
   * Days of use since each thing was first seen, the one seen first first. A thing that is named no more is forgotten.
   * Where the ledger cannot be written or read, things stay as young as they are.
   */
  async ages(things: readonly string[], now: Date): Promise<ReadonlyMap<string, number>> {
    const before = await this.#read();
    const after = withToday(before ?? EMPTY, things, now.toISOString().slice(0, 10));
    const text = JSON.stringify(after);
    // A disk that is full or read-only must not stop what only asks.
    if (before !== undefined && text !== JSON.stringify(before))
      await this.#write(after, text).catch(() => {});
    return new Map(after.items.map(([thing, day]) => [thing, after.days - day]));
  }

  /** Undefined where it is there and cannot be read: nothing is written over it then. */
  async #read(): Promise<Ledger | undefined> {
    try {
      const bytes = await this.#store.get(this.#key);
      return ledgerSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
    } catch (error) {
      const isNone =
        error instanceof BlobMissing || error instanceof SyntaxError || error instanceof z.ZodError;
      return isNone ? EMPTY : undefined;
    }
  }

  async #write({ items }: Ledger, text: string): Promise<void> {
    if (items.length === 0) await this.#store.delete(this.#key);
    else await this.#store.put(this.#key, Buffer.from(text));
  }
}

function withToday({ days, dates, items }: Ledger, things: readonly string[], date: string): Ledger {
  const isNew = !dates.includes(date);
  const today = isNew ? days + 1 : days;
  const wanted = new Set(things);
  const kept = items.filter(([thing]) => wanted.has(thing));
  const known = new Set(kept.map(([thing]) => thing));
  const added = [...wanted].filter((thing) => !known.has(thing));
  return {
    schema: 1,
    days: today,
    dates: isNew ? [...dates, date].slice(-MAX_DATES) : dates,
    items: [...kept, ...added.map((thing): [string, number] => [thing, today])],
  };
}
