interface Named {
  readonly hash: string;
  readonly bytes: Uint8Array;
}

/**
 * Names for the bytes in the UI's messages, worked out before the plugin gets a message: Figma makes a picture's name
 * outside the plugin's thread, and here the browser does. It has no name at once, as `createImage` must.
 */
export class ReceivedBytes {
  #named: readonly Named[] = [];

  /** Resolves once every byte array of the message has its name. */
  async learn(message: unknown): Promise<void> {
    const arrays = byteArraysOf(message);
    // Only a page from elsewhere than this computer would lack it; the plugin's thread then makes the names.
    if (arrays.length === 0 || globalThis.crypto?.subtle === undefined) return;
    const named = await Promise.all(arrays.map(async (bytes) => ({ hash: await sha1(bytes), bytes })));
    this.#named = [...named, ...this.#named].slice(0, REMEMBERED);
  }

  /** The SHA-1 of these bytes, if bytes like them have just come. By content: the plugin may have changed its copy. */
  nameOf(bytes: Uint8Array): string | undefined {
    return this.#named.find((named) => isSame(named.bytes, bytes))?.hash;
  }
}

/** Two pictures can wait for the plugin, a preview and its final; more is for plugins that keep them. */
const REMEMBERED = 4;

/** The byte arrays among the fields of a message. */
export function byteArraysOf(message: unknown): readonly Uint8Array<ArrayBuffer>[] {
  if (typeof message !== 'object' || message === null) return [];
  return Object.values(message).filter(
    (value: unknown): value is Uint8Array<ArrayBuffer> =>
      value instanceof Uint8Array && value.buffer instanceof ArrayBuffer,
  );
}

async function sha1(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Four bytes at a time, for this holds the plugin's thread; a picture takes less than half a millisecond. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false;
  if (a.byteOffset % 4 !== 0 || b.byteOffset % 4 !== 0) return false;
  const wordsA = new Int32Array(a.buffer, a.byteOffset, a.byteLength >>> 2);
  const wordsB = new Int32Array(b.buffer, b.byteOffset, b.byteLength >>> 2);
  for (let at = 0; at < wordsA.length; at++) if (wordsA[at] !== wordsB[at]) return false;
  for (let at = 4 * wordsA.length; at < a.byteLength; at++) if (a[at] !== b[at]) return false;
  return true;
}
