/**
 * Redaction: takes paths, names, prompts, tokens and codes out of a text. It is the second line of defence: the first is
 * that a report is put together from known fields. Where it is not sure it takes too much.
 */

import { pathToFileURL } from 'node:url';

export const LEFT_OUT = '[left out]';

/** A folder that a text may name, and the word that stands for it. */
interface Place {
  readonly mark: 'LIKENESS' | 'CACHE' | 'DATA' | '~';
  readonly folder: string;
}

export interface Secrets {
  readonly places: readonly Place[];
  /** Names, prompts, owners: whatever the data folder holds that a person wrote, and who and where that person is. */
  readonly words: readonly string[];
}

/**
 * Paths below a folder that say nothing of its owner. A job's `concepts` are files under the names that its prompt has, and
 * people keep pictures of theirs in the program's folder, too.
 */
const PUBLIC_BELOW = {
  LIKENESS: '(?:companion|shared|plugin|bin|models|node_modules)(?![\\w-])',
  CACHE: '',
  DATA: '(?:cache|models|logs|jobs(?![\\\\/][^\\\\/\\s]*[\\\\/]concepts)|(?:concepts|checkpoints)(?![\\\\/]))(?![\\w-])',
  '~': '(?!)',
} as const satisfies Record<Place['mark'], string>;

/** End of a path, which may have spaces: behind its last known suffix, else at a colon. */
const REST =
  '(?:[^\\n"]*\\.(?:safetensors|ckpt|png|jpe?g|webp|json|txt|onnx|[cm]?[jt]s|node)(?![\\p{L}\\p{N}])|[^\\n":]*)';

const BELOW_PLACES = Object.entries(PUBLIC_BELOW).map(([mark, known]) => ({
  mark,
  pattern: new RegExp(`(?<![\\p{L}\\p{N}])${mark}[\\\\/](?!${known})${REST}`, 'gu'),
}));

/** The system's own folders say which driver is missing, and nothing of a person. */
const OTHER_PATHS = [
  `(?:file://)?(?<![\\p{L}\\p{N}~./\\\\\\]-])/(?!(?:usr|opt|lib\\w*|proc|dev)/)[^\\s/"]${REST}`,
  `(?:file:/{2,3})?(?<![\\p{L}\\p{N}])[a-z]:[\\\\/](?!Windows[\\\\/]|Program Files)${REST}`,
  `\\\\\\\\[^\\\\\\s]+\\\\${REST}`,
].map((pattern) => new RegExp(pattern, 'giu'));

const ADDRESS = /https?:\/\/(?!(?:localhost|127\.0\.0\.1|huggingface\.co)(?![\w.-]))[^\s"'`]+/giu;

/** Ours are 43 characters of base64url, the hub's begin with hf_. */
const TOKENS = /(?<![\w-])[\w-]{43}(?![\w-])|(?<!\w)hf_\w+|(?<=Bearer )\S+/gu;

/** With or without the gaps that they are shown with. */
const PAIRING_CODES = /(?<![\d.])(?:\d{3} ?\d{3}|9\d\d(?: ?\d{3}){4})(?![\d.])/g;

/** From the first mark to the last: what is quoted may have quotes in itself. */
const QUOTES = [/"[\s\S]*"/g, /`[\s\S]*`/g, /(?<!\w)'[\s\S]*'(?!\w)/g];

/** A quote whose end was cut off: the number of marks is odd. */
const UNENDED_QUOTE = /"[\s\S]*$/;

/** No message of ours is as long; half of one could end in the middle of a word that has to go. */
const LONGEST_TEXT = 4_000;

/** One letter names nothing. */
const SHORTEST_WORD = 2;

export class Redaction {
  readonly #places: readonly { readonly mark: string; readonly pattern: RegExp }[];
  readonly #words: RegExp | undefined;

  constructor({ places, words }: Secrets) {
    this.#places = [...places]
      .filter(({ folder }) => folder.length > 1)
      // The data folder lies in the home folder.
      .sort((a, b) => b.folder.length - a.folder.length)
      .map(({ mark, folder }) => ({ mark, pattern: placePattern(folder) }));
    const all = [...new Set(words.flatMap((word) => word.split('\n')).map((word) => word.trim()))]
      .filter((word) => word.length >= SHORTEST_WORD)
      .sort((a, b) => b.length - a.length);
    if (all.length > 0) {
      const any = all.map(escaped).join('|');
      this.#words = new RegExp(`(?<![\\p{L}\\p{N}])(?:${any})(?![\\p{L}\\p{N}])`, 'giu');
    }
  }

  /** A text of ours without the paths and names that stand in it. */
  text(text: string): string {
    if (text.length > LONGEST_TEXT) return LEFT_OUT;
    let redacted = text;
    for (const { mark, pattern } of this.#places) redacted = redacted.replace(pattern, mark);
    for (const { mark, pattern } of BELOW_PLACES) redacted = redacted.replace(pattern, `${mark}/${LEFT_OUT}`);
    for (const pattern of [...OTHER_PATHS, ADDRESS, TOKENS]) redacted = redacted.replace(pattern, LEFT_OUT);
    return this.#words === undefined ? redacted : redacted.replace(this.#words, LEFT_OUT);
  }

  /** A text of ours without what it quotes, which somebody may have written. */
  quoting(text: string): string {
    if (text.length > LONGEST_TEXT) return LEFT_OUT;
    let redacted = text.split('"').length % 2 === 0 ? text.replace(UNENDED_QUOTE, LEFT_OUT) : text;
    for (const pattern of [...QUOTES, PAIRING_CODES]) redacted = redacted.replace(pattern, LEFT_OUT);
    return this.text(redacted);
  }
}

/** As the system writes it, with slashes, and as a module's address. */
function placePattern(folder: string): RegExp {
  const forms = [pathToFileURL(folder).href, folder, folder.replaceAll('\\', '/')];
  const any = [...new Set(forms)].map(escaped).join('|');
  return new RegExp(`(?:file:/{2,3})?(?:${any})(?![\\p{L}\\p{N}._-])`, 'giu');
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
