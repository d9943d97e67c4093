/** The bytes of a safetensors file, well-formed or not: its header is given as it shall stand. */
export function safetensorsBytes(
  header: string | Uint8Array,
  data: Uint8Array | number = 0,
  length?: bigint,
): Buffer {
  const json = typeof header === 'string' ? Buffer.from(header) : header;
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(json.byteLength));
  return Buffer.concat([prefix, json, typeof data === 'number' ? Buffer.alloc(data) : data]);
}
