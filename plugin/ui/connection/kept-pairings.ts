/**
 * KeptPairings: the tokens of this plugin's companions, by the companion's id, as the main thread stores them. One is
 * added or replaced where a companion has proven itself, and none is removed for what anybody says: a program in a
 * companion's place can make the plugin forget nothing.
 */

import { parsedJson } from '../../../shared/json-text.ts';
import { keyIdOf, tokenKey } from '../../../shared/protocol/handshake.ts';
import { hexIdSchema, tokenSchema } from '../../../shared/protocol/ids.ts';
import { HELLO_MAX_KEYS } from '../../../shared/protocol/limits.ts';
import { z } from '../../../shared/protocol/zod.ts';

const pairingSchema = z.object({
  /** Null of a token that the version before kept, which knew no ids: whose it is shows at the next connection. */
  companion: hexIdSchema.nullable(),
  token: tokenSchema,
  /** The port on which it was last found; null of the version before. */
  port: z.int().positive().nullable(),
});

const storedSchema = z.object({
  format: z.literal(1),
  /** Used last first. */
  pairings: z.array(pairingSchema).max(HELLO_MAX_KEYS),
});

export type KeptPairing = Readonly<z.infer<typeof pairingSchema>>;

export class KeptPairings {
  readonly #pairings: readonly KeptPairing[];

  private constructor(pairings: readonly KeptPairing[]) {
    this.#pairings = pairings;
  }

  /** @param stored null at the first start; what cannot be read counts as that */
  static from(stored: string | null): KeptPairings {
    const token = tokenSchema.safeParse(stored);
    if (token.success) return new KeptPairings([{ companion: null, token: token.data, port: null }]);
    const read = storedSchema.safeParse(parsedJson(stored ?? ''));
    return new KeptPairings(read.success ? read.data.pairings : []);
  }

  get isEmpty(): boolean {
    return this.#pairings.length === 0;
  }

  /** Names of the keys on the wire. */
  get keys(): readonly string[] {
    return this.#pairings.map(({ token }) => keyIdOf(tokenKey(token)));
  }

  /** The port of the companion that was used last. */
  get lastPort(): number | null {
    return this.#pairings[0]?.port ?? null;
  }

  /** The token that a companion may ask for: of this key, and not kept for another companion. */
  tokenFor(companion: string, key: string): string | undefined {
    const kept = this.#pairings.find(({ token }) => keyIdOf(tokenKey(token)) === key);
    return kept?.companion === null || kept?.companion === companion ? kept.token : undefined;
  }

  /** With a companion that has just proven itself, in front. The one away longest goes where there are too many. */
  with(proven: { readonly companion: string; readonly token: string; readonly port: number }): KeptPairings {
    const others = this.#pairings.filter(
      ({ companion, token }) => companion !== proven.companion && token !== proven.token,
    );
    return new KeptPairings([proven, ...others].slice(0, HELLO_MAX_KEYS));
  }

  /** As the main thread keeps it. */
  toText(): string {
    return JSON.stringify({ format: 1, pairings: this.#pairings });
  }
}
