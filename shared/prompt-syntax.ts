/**
 * promptHints: marks in a prompt that other programs read as commands and Likeness as words, each with what to do here
 * instead. Panel and command line show them; the prompt is used as it is written.
 */

import { PROGRAM } from './errors.ts';

type ForeignSyntax = 'lora' | 'embedding' | 'weight' | 'emphasis' | 'choice' | 'break' | 'option';

export interface PromptHint {
  readonly syntax: ForeignSyntax;
  /** As the prompt has it, at most LONGEST_QUOTE characters. */
  readonly text: string;
  /** For a designer: one or two sentences. */
  readonly advice: string;
}

interface Rule {
  readonly syntax: ForeignSyntax;
  readonly pattern: RegExp;
  readonly advice: string;
}

/** Enough to find the place in the prompt. */
const LONGEST_QUOTE = 60;

const NUMBER = '[+-]?(?:\\d+\\.?\\d*|\\.\\d+)';

/** The spellings of A1111, ComfyUI, InvokeAI (compel), NovelAI, Dynamic Prompts and Midjourney. */
const RULES: readonly Rule[] = [
  {
    syntax: 'lora',
    pattern: /<\s*(?:lora|lyco|lycoris|locon|loha|hypernet)\s*:[^>]*>?/iu,
    advice: `A style is added once ("${PROGRAM} models add-lora FILE --name NAME") and chosen in the settings. A product is imported ("${PROGRAM} concepts import FILE") and written with an @.`,
  },
  {
    syntax: 'embedding',
    pattern: /(?<![\p{L}\p{N}])embedding:[^\s,)]+/iu,
    advice: 'Textual inversions are not read here. Teach the product, and write its name with an @.',
  },
  {
    // A time or a ratio, "(10:30)", is no weight; "(mug:1.3)" and "(mug)1.3" are.
    syntax: 'weight',
    pattern: new RegExp(
      `\\([^()]*(?:(?<!\\d)\\s*:\\s*${NUMBER}|:\\s*\\d*\\.\\d+)\\s*\\)|\\)\\s*:\\s*${NUMBER}\\s*\\)|\\)(?:\\d*\\.\\d+|\\++|-+)|(?<=[\\p{L}\\p{M}])::${NUMBER}`,
      'u',
    ),
    advice:
      'Weights of words are not read here. Say first what matters most, in plain words; a concept has a strength of its own.',
  },
  {
    syntax: 'choice',
    pattern: /\{[^{}]*\|[^{}]*\}|(?<![\p{L}\p{N}_])__[\p{L}\p{N}/*-]+__/iu,
    advice: 'Nothing is chosen from a list here. Write one scene, and generate once for each.',
  },
  {
    syntax: 'emphasis',
    pattern: /\(\s*\([^()]*\)?\s*\)?|\[[^[\]]+\]|\{[^{}|]+\}/u,
    advice:
      'Brackets do not make words stronger or weaker here. Say first what matters most, in plain words.',
  },
  {
    syntax: 'break',
    pattern: /(?<![\p{L}\p{N}])BREAK(?![\p{L}\p{N}])|(?<=[a-z][\s,]+)AND(?=\s+[a-z@＠(<])/u,
    advice: 'A prompt is read as a whole here. Join the parts in one sentence with a comma.',
  },
  {
    syntax: 'option',
    pattern:
      /(?<!\S)--(?:ar|aspect|no|v|niji|s|stylize|q|quality|c|chaos|seed|style|iw|sref|cref|tile)(?!\S)/u,
    advice: 'Options inside a prompt are not read here. Size, seed and the negative prompt are settings.',
  },
];

/** At most one a kind of syntax; empty for plain prose. */
export function promptHints(prompt: string): readonly PromptHint[] {
  return RULES.flatMap(({ syntax, pattern, advice }) => {
    const found = pattern.exec(prompt)?.[0];
    return found === undefined ? [] : [{ syntax, text: quoted(found), advice }];
  });
}

function quoted(text: string): string {
  const letters = [...text.trim()];
  return letters.length <= LONGEST_QUOTE
    ? letters.join('')
    : `${letters.slice(0, LONGEST_QUOTE - 1).join('')}…`;
}
