/** The part of a hand-written document that a command writes: between two comments, which stay. */

import { LikenessError } from '../../shared/errors.ts';

/** @throws LikenessError `input` where the document does not have both comments, in their order */
export function replaceMarked(document: string, name: string, body: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from === -1 || to < from) {
    throw new LikenessError('input', `the document has no place for the ${name}`, {
      advice: `Write ${begin} and ${end} on lines of their own where it is to stand.`,
    });
  }
  return `${document.slice(0, from + begin.length)}\n\n${body}\n\n${document.slice(to)}`;
}
