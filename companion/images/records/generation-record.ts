/**
 * GenerationRecord: the making of a picture, kept inside its PNG for people, for other tools and for Likeness itself; with
 * the rights of the products in it, as a line of text and as XMP (Dublin Core, XMP Rights Management).
 */

import type { Rights } from '../../../shared/protocol/concept.ts';
import type { PngText } from './png-text.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A concept of a picture, as the library knows it. */
interface ConceptRecord {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly strength: number;
  /** Name of the base model that it was taught on; absent where that is the picture's own. */
  readonly taughtOn?: string;
  /** As its file has them; what is not set is left out. */
  readonly rights: Rights;
}

/** A LoRA that was merged into the model. */
interface LoraRecord {
  readonly name: string;
  /** Hash of its file, hex. */
  readonly sha256: string;
  /** 1 as trained. */
  readonly weight: number;
}

export interface GenerationRecord {
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly seed: number;
  readonly steps: number;
  readonly sampler: string;
  /** Classifier-free guidance scale. */
  readonly guidance: number;
  readonly model: { readonly name: string; readonly sha256?: string };
  readonly concepts: readonly ConceptRecord[];
  /** Merged into the model, in this order; absent where there were none. */
  readonly loras?: readonly LoraRecord[];
  /** Everything else that is needed to make the picture again: mask mode, halves of guidance. */
  readonly settings: Readonly<Record<string, Json>>;
}

/** Keyword of the JSON form, read back by Likeness. */
export const RECORD_KEYWORD = 'likeness';

/**
 * IPTC's term for media made by a trained model: editors and platforms show it as AI-made.
 *
 * @internal
 */
export const AI_MADE = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia';

/** The texts for a PNG of width x height pixels. */
export function recordTexts(record: GenerationRecord, width: number, height: number): readonly PngText[] {
  const rights = rightsLine(record.concepts);
  return [
    { keyword: 'parameters', text: parametersText(record, width, height) },
    { keyword: RECORD_KEYWORD, text: JSON.stringify({ ...record, width, height }) },
    // PNG's own keyword for it (third edition, 11.3.3.1).
    ...(rights === undefined ? [] : [{ keyword: 'Copyright', text: rights }]),
    { keyword: 'XML:com.adobe.xmp', text: xmpPacket(rights) },
  ];
}

/**
 * The form that A1111's web UI made common: the prompt, the negative prompt, and one line of `Name: value` pairs.
 * Values with a comma, colon or line break are written as JSON strings, as its readers expect.
 *
 * @internal
 */
export function parametersText(record: GenerationRecord, width: number, height: number): string {
  const pairs: readonly (readonly [name: string, value: string | number])[] = [
    ['Steps', record.steps],
    ['Sampler', record.sampler],
    ['CFG scale', record.guidance],
    ['Seed', record.seed],
    ['Size', `${width}x${height}`],
    ...(record.model.sha256 ? ([['Model hash', record.model.sha256.slice(0, 10)]] as const) : []),
    ['Model', record.model.name],
    ...loraPairs(record.loras ?? []),
  ];
  const lines = [withoutZero(record.prompt)];
  if (record.negativePrompt) lines.push(`Negative prompt: ${withoutZero(record.negativePrompt)}`);
  lines.push(pairs.map(([name, value]) => `${name}: ${quoted(withoutZero(String(value)))}`).join(', '));
  return lines.join('\n');
}

/** Hashes as A1111's web UI has them, by which galleries find a LoRA; weights, which it has in its prompts. */
function loraPairs(loras: readonly LoraRecord[]): readonly (readonly [name: string, value: string])[] {
  if (loras.length === 0) return [];
  const list = (value: (lora: LoraRecord) => string | number) =>
    loras.map((lora) => `${lora.name}: ${value(lora)}`).join(', ');
  return [
    ['Lora hashes', list(({ sha256 }) => sha256.slice(0, 12))],
    ['Lora weights', list(({ weight }) => weight)],
  ];
}

/** A PNG text ends at a zero byte. JSON escapes it; this form has no way to write it. */
function withoutZero(text: string): string {
  return text.replaceAll('\0', '');
}

function quoted(value: string): string {
  return /[,:\n]/.test(value) ? JSON.stringify(value) : value;
}

function xmpPacket(rights: string | undefined): string {
  return `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmp:CreatorTool="Likeness"
    Iptc4xmpExt:DigitalSourceType="${AI_MADE}">${xmpRights(rights)}</rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>`;
}

/** "aurora: Acme; product pictures only; until 2027-12-31", one part a concept; undefined where nothing is set. */
function rightsLine(concepts: GenerationRecord['concepts']): string | undefined {
  const parts = concepts.flatMap(({ name, rights: { owner, licence, note, expires } }) => {
    const facts = [owner, licence, note, expires && `until ${expires}`].filter(Boolean);
    return facts.length === 0 ? [] : [`${name}: ${facts.join('; ')}`];
  });
  // Control characters cannot stand in XML, nor a zero in a PNG's text.
  return parts.length === 0 ? undefined : parts.join(' | ').replaceAll(/\p{Cc}/gu, ' ');
}

/** Properties inside an rdf:Description; empty without rights. */
function xmpRights(text: string | undefined): string {
  if (text === undefined) return '';
  const alternatives = `<rdf:Alt><rdf:li xml:lang="x-default">${escapeXml(text)}</rdf:li></rdf:Alt>`;
  return `
   <dc:rights xmlns:dc="http://purl.org/dc/elements/1.1/">${alternatives}</dc:rights>
   <xmpRights:UsageTerms xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/">${alternatives}</xmpRights:UsageTerms>
  `;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeXml(text: string): string {
  // Halves of surrogate pairs are no characters of XML.
  return text.replaceAll(/\p{Cs}/gu, '\ufffd').replaceAll(/[&<>"]/g, (character) => ENTITIES[character]!);
}
