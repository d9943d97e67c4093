/**
 * parseMentions: the grammar of mentions in a prompt, "@aurora on a beach", for the panel that writes them and the
 * companion that resolves them. A mention is an @ and the whole word behind it, with single hyphens inside. The grammar
 * needs no list of names, so that both sides read a prompt alike; a word that names no concept is found when it is
 * resolved. Words are compared in Unicode's form NFKC, in which a composed accent is a decomposed one, and what East
 * Asian keyboards give for @, letters, digits and hyphens is the plain character.
 */

/** A piece of a prompt; the texts of all parts are the prompt. */
export interface PromptPart {
  /** As it is written, with the @. */
  readonly text: string;
  /** The mentioned concept's name, in lower case and NFKC; undefined for text around mentions. */
  readonly name: string | undefined;
}

/** A mention that is being typed. */
export interface OpenMention {
  /** Index of its @. */
  readonly start: number;
  /** The text between the @ and the caret, in lower case and NFKC. */
  readonly query: string;
}

/** @ itself, its full-width form and its small form. */
const AT = '[@\\uFF20\\uFE6B]';

/** Hyphens, the unbreaking and the East Asian ones among them. A dash ends a word. */
const HYPHEN = '[\\-\\u2010\\u2011\\uFE63\\uFF0D]';

/**
 * Writing without spaces between words, or with endings joined to a word (Korean): a name stands beside its letters as
 * it does beside a space. By script extensions, since a long vowel mark belongs to both kana.
 */
const UNSPACED = `[${['Han', 'Hira', 'Kana', 'Bopo', 'Hang', 'Thai', 'Laoo', 'Khmr', 'Mymr', 'Tibt', 'Yiii']
  .map((script) => `\\p{scx=${script}}`)
  .join('')}]`;

/** A letter, digit or underscore of writing with spaces, with its accents. */
const LETTER = `(?:(?!${UNSPACED})[\\p{L}\\p{N}_]\\p{M}*)`;
/** Inside of a word nobody sees them, and a word is what is seen: a soft hyphen, joiners, a byte order mark. */
const JOINER = '[\\u00AD\\u200C\\u200D\\u2060\\uFEFF]';
const MORE_LETTERS = `(?:${JOINER}*${LETTER})*`;
const AFTER_HYPHEN = `(?:(?!${UNSPACED}|_)[\\p{L}\\p{N}]\\p{M}*)`;
const UNSPACED_LETTER = `(?:(?=${UNSPACED})[\\p{L}\\p{N}]\\p{M}*)`;
/** Names are words of letters with spaces between; a word of other writing names nothing, and is said to. */
const WORD = `${LETTER}${MORE_LETTERS}(?:${HYPHEN}${AFTER_HYPHEN}${MORE_LETTERS})*|${UNSPACED_LETTER}+`;

/** An @ behind a word belongs to an e-mail address. Marks count with their letter: an emoji has some, too. */
const BEGIN = `(?<!(?:${LETTER}|${AT}\\p{M}*))${AT}`;
/** Copied texts hold joiners and other characters that nobody sees. */
const UNSEEN = '\\p{Cf}*';

const MENTION = new RegExp(`${BEGIN}${UNSEEN}(${WORD})`, 'gu');
const BEFORE_CARET = new RegExp(
  `${BEGIN}${UNSEEN}((?:${LETTER}${JOINER}*|${HYPHEN})*|${UNSPACED_LETTER}+)$`,
  'u',
);
const JOINERS = new RegExp(JOINER, 'gu');
const REST_OF_WORD = new RegExp(`^${UNSEEN}(?:${LETTER}${JOINER}*|${HYPHEN})*`, 'u');

/** Text and mentions in turn, in the order of the prompt. */
export function parseMentions(prompt: string): readonly PromptPart[] {
  const parts: PromptPart[] = [];
  let end = 0;
  const addText = (text: string) => {
    if (text !== '') parts.push({ text, name: undefined });
  };
  for (const { index, 0: text, 1: word } of prompt.matchAll(MENTION)) {
    addText(prompt.slice(end, index));
    parts.push({ text, name: plain(word!) });
    end = index + text.length;
  }
  addText(prompt.slice(end));
  return parts;
}

/** A word as names are written. */
function plain(word: string): string {
  return word.replace(JOINERS, '').normalize('NFKC').replaceAll('\u2010', '-').toLowerCase();
}

/** The names that a prompt mentions, each once, in order. */
export function mentionedNames(prompt: string): readonly string[] {
  return [...new Set(parseMentions(prompt).flatMap(({ name }) => name ?? []))];
}

/** The prompt with other names; a mention stays as it is written where `newName` has none for it. */
export function renameMentions(prompt: string, newName: (name: string) => string | undefined): string {
  const renamed = parseMentions(prompt).map(({ text, name }) => {
    const other = name === undefined ? undefined : newName(name);
    return other === undefined ? text : `@${other}`;
  });
  return renamed.join('');
}

/** The mention that the caret is in; undefined elsewhere. */
export function openMention(prompt: string, caret: number): OpenMention | undefined {
  const match = BEFORE_CARET.exec(prompt.slice(0, caret));
  return match === null ? undefined : { start: match.index, query: plain(match[1]!) };
}

/** Concepts that the query may mean: those whose names begin with it, then those whose names hold it. */
export function completions<Concept extends { readonly name: string }>(
  query: string,
  concepts: readonly Concept[],
): readonly Concept[] {
  const typed = plain(query);
  const begins = concepts.filter(({ name }) => name.startsWith(typed));
  const holds = concepts.filter((concept) => !begins.includes(concept) && concept.name.includes(typed));
  return [...begins, ...holds];
}

/** The prompt with a whole name in place of the open mention, and the caret behind it and a space. */
export function complete(
  prompt: string,
  { start }: OpenMention,
  name: string,
): { readonly text: string; readonly caret: number } {
  const rest = prompt.slice(start + 1).replace(REST_OF_WORD, '');
  const space = rest.startsWith(' ') ? '' : ' ';
  return { text: `${prompt.slice(0, start)}@${name}${space}${rest}`, caret: start + name.length + 2 };
}
