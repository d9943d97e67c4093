/**
 * placePrompts: a prompt that mentions several concepts as one prompt for the place of each, "@aurora and @zephyr on a
 * table" as "@aurora on a table" and "@zephyr on a table". Words that only join two mentions belong to neither; all else
 * belongs to the mentions before it, and what stands before the first to all.
 */

import type { PromptPart } from './mentions.ts';

/** Joins two mentions, with nothing of a scene between them. */
const JOINING =
  /^[\s,;/&+]*(?:(?:and|with|or|plus|beside|besides|near|by|next to|alongside|together with|in front of|behind|to the left of|to the right of|left of|right of)\b)?[\s,;/&+]*(?:(?:a|an|the)\b)?\s*$/i;

/** At the end of a scene, before the next mention: "on a table, and a ". */
const TRAILING_JOIN =
  /[\s,;/&+]*\b(?:and|with|beside|near|next to|plus)?[\s,;/&+]*(?:\b(?:a|an|the)\b)?\s*$/i;

/** One a mentioned concept, in order, each with one mention. */
export interface PlacePrompt {
  readonly name: string;
  readonly parts: readonly PromptPart[];
}

/**
 * Prompts of the places of several concepts: "@aurora on a table and @summit on a chair" has two, each with its own scene; words that
 * only join two mentions belong to none.
 */
export function placePrompts(parts: readonly PromptPart[]): readonly PlacePrompt[] {
  const first = parts.findIndex(({ name }) => name !== undefined);
  if (first === -1) return [];
  const before = parts
    .slice(0, first)
    .map(({ text }) => text)
    .join('');
  const groups: { readonly mentions: PromptPart[]; scene: string }[] = [];
  let open: PromptPart[] = [];
  for (const part of parts.slice(first)) {
    if (part.name !== undefined) {
      open.push(part);
    } else if (!JOINING.test(part.text) || part === parts.at(-1)) {
      groups.push({ mentions: open, scene: part.text });
      open = [];
    }
  }
  if (open.length > 0) groups.push({ mentions: open, scene: '' });
  const places = new Map<string, PlacePrompt>();
  for (const [index, { mentions, scene }] of groups.entries()) {
    const isLast = index === groups.length - 1;
    const own = isLast ? scene : scene.replace(TRAILING_JOIN, '');
    for (const mention of mentions) {
      if (!places.has(mention.name!)) places.set(mention.name!, placeOf(before, mention, own));
    }
  }
  return [...places.values()];
}

function placeOf(before: string, mention: PromptPart, scene: string): PlacePrompt {
  const around = (text: string): readonly PromptPart[] => (text === '' ? [] : [{ text, name: undefined }]);
  return { name: mention.name!, parts: [...around(before), mention, ...around(scene)] };
}
