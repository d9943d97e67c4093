import { refusal } from './node-checks.ts';

/**
 * A copy of a value that can be sent between a plugin's halves and kept: plain objects, arrays, primitives, dates and
 * Uint8Array. Figma loses the rest silently (a Map arrives as `{}`, a Blob as nothing); the studio refuses it
 * by name, so that the loss is found here.
 */
export function cloned(value: unknown, call: string): unknown {
  return copy(value, call, 'the message', []);
}

function copy(value: unknown, call: string, path: string, above: readonly object[]): unknown {
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
    throw refusal(call, `${path} is a ${typeof value}, which Figma does not send`);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) throw refusal(call, `${path} contains itself`);
  const inside = [...above, value];
  if (value instanceof Uint8Array) return value.slice();
  if (value instanceof Date) return new Date(value);
  if (Array.isArray(value)) return value.map((item, at) => copy(item, call, `${path}[${at}]`, inside));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    throw refusal(call, `${path} is a ${value.constructor.name}, which Figma does not send`);
  }
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    copy(item, call, `${path}.${key}`, inside),
  ]);
  return Object.fromEntries(entries);
}

/** Bytes a value takes in storage: JSON, with the bytes of byte arrays as they are. */
export function storedBytes(value: unknown): number {
  let raw = 0;
  const json = JSON.stringify(value, (_key, item: unknown) => {
    if (!(item instanceof Uint8Array)) return item;
    raw += item.byteLength;
    return 0;
  });
  return raw + new TextEncoder().encode(json ?? '').byteLength;
}
