/**
 * foreignFile: a file of another kind under the name of a safetensors file, told by its first bytes. What a clone, a
 * browser or a careless renaming left there is named, with the way to the file itself.
 */

import { LikenessError } from '../../shared/errors.ts';

/** Enough for every beginning below. */
export const FOREIGN_PREFIX_BYTES = 64;

interface ForeignKind {
  readonly start: RegExp | readonly string[];
  readonly kind: string;
  readonly advice: string;
}

const CONVERT =
  'Fetch it as .safetensors, or convert it with the program that it is from: such files can run any code, so none is read here.';

/** In Latin-1. A sound file's length may begin like one of them, so that only what cannot be read is held against them. */
const KINDS: readonly ForeignKind[] = [
  {
    start: /^version https:\/\/git-lfs/,
    kind: 'a pointer of Git LFS, a text in place of the file',
    advice: 'Run `git lfs install` and `git lfs pull` in its folder, or download the file itself.',
  },
  {
    start: /^(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|\?xml|head|body)/i,
    kind: 'a web page',
    advice: 'Download the file again: a page that asks for a login, or an error, was saved in its place.',
  },
  { start: ['PK\x03\x04'], kind: 'a ZIP archive, as PyTorch writes checkpoints', advice: CONVERT },
  {
    start: ['\x80\x02', '\x80\x03', '\x80\x04', '\x80\x05'],
    kind: 'a Python pickle, as PyTorch writes checkpoints',
    advice: CONVERT,
  },
  {
    start: ['GGUF'],
    kind: 'a GGUF file',
    advice: 'Fetch it as .safetensors: quantised weights are not read here.',
  },
  { start: ['\x1f\x8b'], kind: 'a gzip archive', advice: 'Unpack it first.' },
  {
    start: ['\x89PNG', '\xff\xd8\xff', 'RIFF'],
    kind: 'a picture',
    advice: 'Choose the .safetensors file.',
  },
  {
    start: /^\s*\{\s*"[\x20-\x7e]{4}/,
    kind: 'a JSON text',
    advice:
      'Choose the .safetensors file itself, or download it again where a message was saved in its place.',
  },
];

/** `checkpoint-format` that says what the file is; undefined where its first bytes do not tell. */
export function foreignFile(start: Uint8Array, file: string): LikenessError | undefined {
  const text = Buffer.from(start.subarray(0, FOREIGN_PREFIX_BYTES)).toString('latin1');
  const found = KINDS.find(({ start: begin }) =>
    begin instanceof RegExp ? begin.test(text) : begin.some((each) => text.startsWith(each)),
  );
  if (found === undefined) return undefined;
  const { kind, advice } = found;
  return new LikenessError('checkpoint-format', `${file} is ${kind}, expected a safetensors file`, {
    advice,
  });
}
