/** Mentions in a prompt: "@aurora on a beach". The companion reads them by the same rules (companion/models/prompt.ts). */

export interface OpenMention {
  /** Where its @ stands. */
  readonly start: number;
  /** What is typed after the @, up to the caret. */
  readonly query: string;
}

/** An @ after a letter belongs to an e-mail address. */
const BEFORE_CARET = /(?<![\p{L}\p{M}\p{N}_@])@([\p{L}\p{N}-]*)$/u;
const REST_OF_WORD = /^[\p{L}\p{M}\p{N}_-]*/u;
/** Each with its name. */
export const MENTIONS = /(?<![\p{L}\p{M}\p{N}_@])@([\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)*)/gu;

/** The mention that the caret is in, if it is in one. */
export function openMention(text: string, caret: number): OpenMention | undefined {
  const match = BEFORE_CARET.exec(text.slice(0, caret));
  return match === null ? undefined : { start: match.index, query: match[1]! };
}

/** Names that the query may mean: those that begin with it, then those that hold it. */
export function completions<Named extends { readonly name: string }>(
  query: string,
  concepts: readonly Named[],
): readonly Named[] {
  const typed = query.toLowerCase();
  const begins = concepts.filter(({ name }) => name.startsWith(typed));
  return [
    ...begins,
    ...concepts.filter((concept) => !begins.includes(concept) && concept.name.includes(typed)),
  ];
}

/** Puts the name in place of what was typed, and the caret behind it. */
export function complete(
  text: string,
  { start }: OpenMention,
  name: string,
): { readonly text: string; readonly caret: number } {
  const rest = text.slice(start + 1).replace(REST_OF_WORD, '');
  const space = rest.startsWith(' ') ? '' : ' ';
  return { text: `${text.slice(0, start)}@${name}${space}${rest}`, caret: start + name.length + 2 };
}

/** The names a prompt mentions, each once, in order. */
export function mentionedNames(text: string): readonly string[] {
  return [...new Set([...text.matchAll(MENTIONS)].map((match) => match[1]!.toLowerCase()))];
}
