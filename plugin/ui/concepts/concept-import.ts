/** ImportKind: the kind of a file that a person chose, by its header, before it is sent: a LoRA has to be asked about. */

/** A file does not say these itself, where another program wrote it. */
export interface LoraWords {
  readonly name: string;
  readonly classWord: string;
  /** The word that its maker taught it with. */
  readonly identifier: string;
}

export type ImportKind = 'concept' | 'lora' | 'other';

/** As in the companion's own reader: a header of a hundred megabytes is an attack. */
const HEADER_MAX_BYTES = 100_000_000;
/** Eight bytes say how long the header is. */
const LENGTH_BYTES = 8;
/** In the header of every concept file. */
const CONCEPT_KEY = 'likeness.format';

export async function importKindOf(file: Blob): Promise<ImportKind> {
  const start = new DataView(await file.slice(0, LENGTH_BYTES).arrayBuffer());
  if (start.byteLength < LENGTH_BYTES) return 'other';
  const length = Number(start.getBigUint64(0, true));
  if (length > Math.min(HEADER_MAX_BYTES, file.size - LENGTH_BYTES)) return 'other';
  try {
    const header: unknown = JSON.parse(await file.slice(LENGTH_BYTES, LENGTH_BYTES + length).text());
    const { __metadata__: metadata = {} } = header as { readonly __metadata__?: object };
    return CONCEPT_KEY in metadata ? 'concept' : 'lora';
  } catch {
    return 'other';
  }
}
