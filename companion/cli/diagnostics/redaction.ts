/**
 * Redaction: takes paths, names, prompts, tokens and codes out of a text. It is the second line of defence: the first is
 * that a report is put together from known fields. Where it is not sure it takes too much.
 */

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

/** Between two parts of a path; doubled in JSON, and where paths were joined. */
const SEPARATOR = '[\\\\/]+';

/** End of a path, which may have spaces: behind its last known suffix, else at a colon. */
const REST =
  '(?:[^\\n"]*\\.(?:safetensors|ckpt|png|jpe?g|jfif|webp|gif|heic|tiff?|psd|svg|json|txt|onnx|[cm]?[jt]s|node)(?![\\p{L}\\p{N}])|[^\\n":]*)';

const BELOW_PLACES = Object.entries(PUBLIC_BELOW).map(([mark, known]) => ({
  mark,
  pattern: new RegExp(`(?<![\\p{L}\\p{N}])${mark}${SEPARATOR}(?!${known})(?![\\\\/])${REST}`, 'gu'),
}));

/** Endings of files that people name. */
const OWN_FILES = 'png|jpe?g|jfif|webp|gif|heic|tiff?|psd|svg|fig|safetensors|ckpt|pth?|gguf|onnx';

/** Names that every model's files have. */
const KNOWN_FILE =
  '(?:model|diffusion_pytorch_model|pytorch_model|pytorch_lora_weights|adapter_model)(?:-\\d+-of-\\d+)?(?:\\.\\w+)?\\.(?:safetensors|onnx|bin)';

/** The system's own folders say which driver is missing, and nothing of a person. */
const OTHER_PATHS = [
  `file:${REST}`,
  `(?<![\\p{L}\\p{N}~./\\\\\\]-])/(?!(?:usr|opt|lib\\w*|proc|dev)/)[^\\s/"]${REST}`,
  // A drive, also as \\?\C:\ and C|.
  `(?:\\\\{2,}[?.]\\\\+)?(?<![\\p{L}\\p{N}])[a-z][:|]${SEPARATOR}(?!Windows[\\\\/]|Program Files)${REST}`,
  // A share: \\server\share and //server/share, but for the second half of an address.
  `(?:\\\\{2,}|(?<![:\\p{L}\\p{N}/\\\\])//)[^\\\\/\\s"]+${SEPARATOR}${REST}`,
  // From the folder where a command was given.
  `(?<![\\p{L}\\p{N}.])\\.{1,2}${SEPARATOR}${REST}`,
  // A home by its variable or its owner's name.
  `(?:~[\\p{L}\\p{N}._-]+|\\$(?:env:)?\\{?[A-Z_]+\\}?|%[A-Z_]+%)${SEPARATOR}${REST}`,
  // A picture, or a file of weights, by its name alone, which may have spaces: from the mark before it.
  `(?<![^\\s("'\`:;,/\\\\\\[\\]])(?!(?:[^"'\`:;,/\\\\\\[\\]\\n]*\\s)?${KNOWN_FILE})[^\\s"'\`:;,/\\\\\\[\\]](?:[^"'\`:;,/\\\\\\[\\]\\n]*[^\\s"'\`:;,/\\\\\\[\\]])?\\.(?:${OWN_FILES})(?![\\p{L}\\p{N}])`,
].map((pattern) => new RegExp(pattern, 'giu'));

/** A file as an address, in place of its own. */
const DATA_ADDRESSES = /(?<![\p{L}\p{N}])data:[^\s,"']*,[^\s"'`)]*/giu;

/** Addresses that other programs open: a share, a document, a bucket. */
const OTHER_SCHEMES = /(?<![\p{L}\p{N}])(?!https?:)[a-z][a-z0-9+.-]*:\/\/[^\s"'`]+/giu;

const ADDRESS = /https?:\/\/(?!(?:localhost|127\.0\.0\.1|huggingface\.co)(?![\w.-]))[^\s"'`]+/giu;

/**
 * Secrets by their looks: capitals, small letters and digits in one long word, as those of all kinds are, ours of 43 letters
 * too; one of capitals and digits; a JSON web token; what follows a word for a secret. Hashes are of small letters and digits.
 */
const TOKENS = [
  /(?<![\w+=-])(?=[\w+=-]{0,400}[a-z])(?=[\w+=-]{0,400}[A-Z])(?=(?:[\w+=]{0,400}\d){2})[\w+=]{20,}/gu,
  /(?<![\w+=-])(?=[\w+=-]{0,400}[a-z])(?=[\w+=-]{0,400}[A-Z])(?=[\w+=-]{0,400}\d)[\w+=-]{32,}/gu,
  /(?<![\w-])(?=[\dA-Z]{0,64}\d)(?=[\dA-Z]{0,64}[A-Z])[\dA-Z]{16,}(?![\w-])/gu,
  /(?<![\w-])[\w-]{43}(?![\w-])/gu,
  /(?<![\w-])eyJ[\w-]*(?:\.[\w-]*){0,4}/gu,
  /(?<!\w)(?:hf|sk|pk|rk|gh[a-z]|github_pat|glpat|xox[a-z]|npm|figd|dckr_pat)[_-][\w-]{8,}/giu,
  /(?<=(?:Bearer|Basic) )\S+/giu,
  /(?<=(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|signature)["']?=["']?)[^\s"'&]+/giu,
  /(?<=(?:password|passwd|api[_-]?key|access[_-]?key|set-cookie|cookie|authorization)["']?: ?["']?)[^\s"'&]+/giu,
] as const;

/** With or without the gaps that they are shown with. */
const PAIRING_CODES = /(?<![\d.])(?:\d{3} ?\d{3}|9\d\d(?: ?\d{3}){4})(?![\d.])/g;

/** From the first mark to the last: what is quoted may have quotes in itself. */
const QUOTES = [/"[\s\S]*"/g, /`[\s\S]*`/g, /(?<!\w)'[\s\S]*'(?!\w)/g];

/** A quote whose end was cut off: the number of marks is odd. */
const UNENDED_QUOTE = /"[\s\S]*$/;

/**
 * Marks of other scripts and of typesetting, from the first to the last: each of them opens in one language and closes in
 * another. A single high one is an apostrophe too, where letters stand on both sides.
 */
const TYPESET_QUOTES = /[“”„‟«»‹›「」『』《》〈〉＂〝〞〟‚‛]|(?<![\p{L}\p{N}])[‘’]|[‘’](?![\p{L}\p{N}])/u;

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
    let redacted = plainlyWritten(text);
    for (const { mark, pattern } of this.#places) redacted = redacted.replace(pattern, mark);
    for (const { mark, pattern } of BELOW_PLACES) redacted = redacted.replace(pattern, `${mark}/${LEFT_OUT}`);
    for (const pattern of [DATA_ADDRESSES, ...OTHER_PATHS, OTHER_SCHEMES, ADDRESS, ...TOKENS])
      redacted = redacted.replace(pattern, LEFT_OUT);
    return this.#words === undefined ? redacted : redacted.replace(this.#words, LEFT_OUT);
  }

  /** A text of ours without what it quotes, which somebody may have written. */
  quoting(text: string): string {
    if (text.length > LONGEST_TEXT) return LEFT_OUT;
    let redacted = withoutTypesetQuotes(text);
    if (redacted.split('"').length % 2 === 0) redacted = redacted.replace(UNENDED_QUOTE, LEFT_OUT);
    for (const pattern of [...QUOTES, PAIRING_CODES]) redacted = redacted.replace(pattern, LEFT_OUT);
    return this.text(redacted);
  }
}

/** Without what stands between the first typeset mark and the last, or the end where there is one alone. */
function withoutTypesetQuotes(text: string): string {
  const marks = [...text.matchAll(new RegExp(TYPESET_QUOTES, 'gu'))];
  const [first, last] = [marks[0], marks.at(-1)];
  if (first === undefined || last === undefined) return text;
  const end = first === last ? text.length : last.index + last[0].length;
  return text.slice(0, first.index) + LEFT_OUT + text.slice(end);
}

/** Percent signs that were encoded themselves, this many times over. */
const MOST_ENCODINGS = 3;

/** Without the escapes of addresses and of JSON, behind which a path or name could hide. Control characters stay escaped. */
function plainlyWritten(text: string): string {
  let plain = text;
  for (let time = 0; time < MOST_ENCODINGS; time++) plain = plain.replace(/(?:%[0-9a-f]{2})+/gi, decoded);
  return plain
    .replace(/\\u([0-9a-f]{4})/gi, (written, code: string) =>
      printable(String.fromCharCode(Number.parseInt(code, 16)), written),
    )
    .replaceAll('\\/', '/')
    .normalize('NFC');
}

function decoded(run: string): string {
  try {
    return printable(decodeURIComponent(run), run);
  } catch {
    // No UTF-8.
    return run;
  }
}

function printable(characters: string, written: string): string {
  return /[\p{Cc}\u2028\u2029]/u.test(characters) ? written : characters;
}

/** As the system writes it, with either slash, doubled as in JSON, and as an address. */
function placePattern(folder: string): RegExp {
  const [first = '', ...rest] = folder.normalize('NFC').split(/[\\/]+/);
  const isDrive = /^[a-z]:$/i.test(first);
  const root = isDrive ? `${escaped(first[0]!)}[:|]` : escaped(first);
  const prefix = `(?:file:(?:${SEPARATOR}localhost)?${isDrive ? '[\\\\/]*' : '(?:[\\\\/]{2}(?=[\\\\/]))?'}|\\\\{2,}[?.]\\\\+)?`;
  const path = [root, ...rest.map(escaped)].join(SEPARATOR);
  return new RegExp(`${prefix}${path}(?![\\p{L}\\p{N}._-])`, 'giu');
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
