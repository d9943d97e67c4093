import { NAMESPACE_MIN_CHARACTERS, PLUGIN_DATA_MAX_BYTES } from './limits.ts';
import { refusal } from './refusal.ts';

export type Entries = Readonly<Record<string, string>>;

/** The entries with one more; an empty value takes the entry away, as in Figma. */
export function withEntry(
  entries: Entries,
  key: string,
  value: string,
  call: string,
  owner: string,
): Entries {
  if (typeof key !== 'string') throw refusal(call, `the key is ${typeof key}, expected a string`);
  if (typeof value !== 'string') throw refusal(call, `the value is ${typeof value}, expected a string`);
  const sizeBytes = new TextEncoder().encode(owner + key + value).byteLength;
  if (sizeBytes > PLUGIN_DATA_MAX_BYTES) {
    throw refusal(call, `the entry has ${sizeBytes} bytes, an entry holds ${PLUGIN_DATA_MAX_BYTES}`);
  }
  const { [key]: _old, ...rest } = entries;
  return value === '' ? rest : { ...rest, [key]: value };
}

export function sharedKey(namespace: string, key: string, call: string): string {
  if (!/^[A-Za-z0-9_.]+$/.test(namespace) || namespace.length < NAMESPACE_MIN_CHARACTERS) {
    throw refusal(
      call,
      `namespace "${namespace}" is not at least ${NAMESPACE_MIN_CHARACTERS} letters, digits, _ or .`,
    );
  }
  return `${namespace}/${key}`;
}
