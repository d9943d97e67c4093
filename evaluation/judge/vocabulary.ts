/**
 * Vocabulary of the base model and the evaluators' names for the same things. Read from files: another model knows
 * other things.
 */

import { z } from 'zod';
import { Random } from '../../companion/diffusion/random.ts';
import type { RecommendedSettings } from '../../companion/pipeline/settings.ts';
import { readJsonObject } from '../../companion/storage/json-file.ts';

/** A label of the evaluators, and how prompts say it. */
interface Term {
  readonly name: string;
  readonly word: string;
}

export interface Vocabulary {
  readonly products: readonly Term[];
  readonly colours: readonly Term[];
  /** Those that have a word. */
  readonly patterns: readonly Term[];
  readonly scenes: readonly Term[];
}

/** A pattern that prompts do not mention, and that has no second colour. */
const PLAIN = 'plain';

/** Attributes that a prompt of the base model's check asks for, by label. */
export interface Subject {
  readonly product: string;
  readonly colour: string;
  readonly pattern: string;
  /** Undefined for a plain product. */
  readonly second: string | undefined;
  readonly scene: string;
}

const term = z.object({ name: z.string(), word: z.string() });
const vocabularySchema = z.object({
  products: z.array(term),
  colours: z.array(term),
  patterns: z.array(z.object({ name: z.string(), word: z.string().optional() })),
  scenes: z.array(z.object({ name: z.string(), phrase: z.string() })),
});

/**
 * @param attributes what the evaluators tell apart
 * @param known what the model's `likeness.json` says that it knows; an empty list there excludes nothing
 */
export async function readVocabulary(
  file: string,
  attributes: Readonly<Record<string, readonly string[]>>,
  known: Pick<RecommendedSettings, 'classWords' | 'placements'>,
): Promise<Vocabulary> {
  const all = vocabularySchema.parse(await readJsonObject(file));
  const judged = (attribute: string, terms: readonly Term[]) =>
    terms.filter(({ name }) => attributes[attribute]?.includes(name));
  const listed = (words: readonly string[], terms: readonly Term[]) =>
    words.length === 0 ? terms : terms.filter(({ word }) => words.includes(word));
  const scenes = all.scenes.map(({ name, phrase }) => ({ name, word: phrase }));
  const patterns = all.patterns.flatMap(({ name, word }) => (word === undefined ? [] : [{ name, word }]));
  return {
    products: listed(known.classWords, judged('product', all.products)),
    colours: judged('colour', all.colours),
    patterns: judged('pattern', patterns),
    scenes: listed(known.placements, judged('scene', scenes)),
  };
}

/** The scene that a phrase means, by its label. */
export function sceneOf({ scenes }: Vocabulary, placement: string): string {
  return termBy(scenes, 'word', placement).name;
}

/** "a red mug with white stripes on a beach". */
export function promptFor(vocabulary: Vocabulary, subject: Subject): string {
  const colour = termBy(vocabulary.colours, 'name', subject.colour).word;
  const product = termBy(vocabulary.products, 'name', subject.product).word;
  const scene = termBy(vocabulary.scenes, 'name', subject.scene).word;
  const article = /^[aeiou]/.test(colour) ? 'an' : 'a';
  if (subject.second === undefined) return `${article} ${colour} ${product} ${scene}`;
  const second = termBy(vocabulary.colours, 'name', subject.second).word;
  const pattern = termBy(vocabulary.patterns, 'name', subject.pattern).word;
  return `${article} ${colour} ${product} with ${second} ${pattern} ${scene}`;
}

/** Every product equally often, and everything else by chance. */
export function drawSubjects(vocabulary: Vocabulary, count: number, seed: number): Subject[] {
  const { products, colours, patterns, scenes } = vocabulary;
  const random = new Random(seed);
  const pick = (terms: readonly Term[]) => terms[random.integer(terms.length)]!.name;
  return Array.from({ length: count }, (_, index) => {
    const colour = pick(colours);
    const pattern = pick(patterns);
    const others = colours.filter(({ name }) => name !== colour);
    const second = pattern === PLAIN ? undefined : pick(others);
    return { product: products[index % products.length]!.name, colour, pattern, second, scene: pick(scenes) };
  });
}

const promptsSchema = z.object({
  prompts: z.array(
    z.object({
      product: z.string(),
      colour: z.string(),
      pattern: z.string().default(PLAIN),
      second: z.string().optional(),
      scene: z.string(),
    }),
  ),
});

/** The first `count` of a file's prompts that say nothing this vocabulary lacks. */
export async function readFixedSubjects(
  file: string,
  vocabulary: Vocabulary,
  count: number,
): Promise<Subject[]> {
  const { prompts } = promptsSchema.parse(await readJsonObject(file));
  const has = (terms: readonly Term[], name: string) => terms.some((entry) => entry.name === name);
  return prompts
    .map((prompt): Subject => ({ ...prompt, second: prompt.second }))
    .filter(
      ({ product, colour, pattern, second, scene }) =>
        has(vocabulary.products, product) &&
        has(vocabulary.colours, colour) &&
        has(vocabulary.patterns, pattern) &&
        (second === undefined || has(vocabulary.colours, second)) &&
        has(vocabulary.scenes, scene),
    )
    .slice(0, count);
}

function termBy(terms: readonly Term[], field: keyof Term, value: string): Term {
  const found = terms.find((entry) => entry[field] === value);
  if (found === undefined) {
    throw new Error(
      `internal: "${value}" is not in the evaluation's vocabulary; tools/embedded-model/render/examples.ts writes it`,
    );
  }
  return found;
}
