/**
 * ReadPrompt: a prompt as the model reads it, `zqx bottle on a beach` for `@aurora on a beach`, each concept under an
 * identifier of its own, and where its tokens stand.
 */

import { LikenessError } from '../../../shared/errors.ts';
import type { PromptPart } from '../../../shared/mentions.ts';
import type { Concept } from '../../concepts/concept.ts';
import { readConcept, summariseConcept } from '../../concepts/concept-file.ts';
import { conceptIdOf } from '../../concepts/concept-id.ts';
import { type ModelFit, needsOf, requireModelFit } from '../../concepts/model-fit.ts';
import { chooseIdentifiers, isSingleToken } from '../../models/text/identifier.ts';
import type { TextSpan } from '../../models/text/tokenizer.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import type { LearnedWords } from '../../pipeline/text-states.ts';
import type { GenerateRequest, PromptConceptFile } from '../requests.ts';

/** A concept that the prompt mentions, under the name that the prompt gives it. */
export interface MentionedConcept {
  readonly concept: Concept;
  /** The library's, or the one that it would give. */
  readonly id: string;
  /** Positions in the prompt's token ids, rising; never empty. */
  readonly tokenIndexes: readonly number[];
  /** Embeddings that take the place of the checkpoint's for its identifier. */
  readonly learned: LearnedWords;
  readonly fit: ModelFit;
}

export interface ReadPrompt {
  /** As the model reads it. */
  readonly text: string;
  readonly mentioned: readonly MentionedConcept[];
}

/**
 * Reads the mentioned concepts, replaces mentions and finds their tokens.
 * @throws LikenessError `concept-*`, also for a concept that was taught on another model; `input` when a mention lies
 *   beyond the model's limit
 */
export async function readPrompt(model: LoadedModel, prompt: GenerateRequest['prompt']): Promise<ReadPrompt> {
  const concepts = await readConcepts(model, prompt.concepts);
  const renamed = withDistinctIdentifiers(model, concepts);
  const expanded = expandMentions(prompt.parts, renamed);
  const tokens = conceptTokens(model.pipeline, expanded);
  const mentioned: MentionedConcept[] = [];
  for (const [index, { name, identifier }] of renamed.entries()) {
    const tokenIndexes = tokens.get(name);
    if (tokenIndexes === undefined) continue;
    if (tokenIndexes.length === 0) {
      const message = `@${name} stands beyond the model's ${model.pipeline.facts.tokens} tokens`;
      throw new LikenessError('input', message, { advice: 'Shorten the prompt, or mention it earlier.' });
    }
    const concept = concepts[index]!;
    const isLearned = identifier !== concept.identifier || concept.tokenEmbeddings !== undefined;
    mentioned.push({
      concept,
      id: prompt.concepts[index]!.id ?? (await idOfFile(prompt.concepts[index]!)),
      tokenIndexes,
      learned: new Map(isLearned ? [[identifier, await embeddingsOf(model, concept)]] : []),
      fit: concept.fit,
    });
  }
  return { text: expanded.text, mentioned };
}

/** For a file that no library told of. */
async function idOfFile({ path }: PromptConceptFile): Promise<string> {
  return conceptIdOf(await summariseConcept(path));
}

type FittedConcept = Concept & { readonly fit: ModelFit };

async function readConcepts(
  { traits }: LoadedModel,
  files: readonly PromptConceptFile[],
): Promise<FittedConcept[]> {
  const concepts: FittedConcept[] = [];
  for (const { name, path } of files) {
    const { objectProbe, ...concept } = { ...(await readConcept(path)), name };
    const fit = requireModelFit({ ...concept, needs: needsOf(concept) }, traits);
    // A probe reads every block: on a model that has more of them attention takes its place.
    const isWhole = traits.sites.every((site) => concept.factors.has(site.path));
    concepts.push({ ...concept, fit, ...(objectProbe !== undefined && isWhole && { objectProbe }) });
  }
  return concepts;
}

/** A concept by the words that stand for it. */
interface NamedConcept {
  readonly name: string;
  readonly identifier: string;
  /** One or more words, such as "coffee mug". */
  readonly classWord: string;
}

interface ExpandedPrompt {
  /** The text encoder's input. */
  readonly text: string;
  /** Spans of each mentioned concept's identifier and class word in `text`, by the concept's name. */
  readonly mentions: ReadonlyMap<string, readonly TextSpan[]>;
}

/** A word's last or first character: tokenizers join what touches it. */
const ENDS_IN_WORD = /[\p{L}\p{M}\p{N}]$/u;
const BEGINS_WITH_WORD = /^[\p{L}\p{M}\p{N}]/u;

/**
 * Puts identifier and class word in place of every mention, apart from words that touch it, as writing without spaces
 * has them. @param concepts all that are mentioned, and maybe others */
export function expandMentions(
  parts: readonly PromptPart[],
  concepts: readonly NamedConcept[],
): ExpandedPrompt {
  const mentions = new Map<string, TextSpan[]>();
  let text = '';
  let isAfterMention = false;
  for (const part of parts) {
    const concept = concepts.find(({ name }) => name === part.name);
    if (concept === undefined) {
      text += isAfterMention && BEGINS_WITH_WORD.test(part.text) ? ` ${part.text}` : part.text;
      isAfterMention = false;
      continue;
    }
    if (ENDS_IN_WORD.test(text)) text += ' ';
    isAfterMention = true;
    const start = text.length;
    text += `${concept.identifier} ${concept.classWord}`;
    const spans = mentions.get(concept.name) ?? [];
    mentions.set(concept.name, [...spans, { start, end: text.length }]);
  }
  return { text, mentions };
}

/**
 * Positions of every mentioned concept in the states that the denoiser attends to, by the concept's name: those of its
 * tokens by any tokenizer. Text encoders stand side by side there, and may have cut the words before it otherwise.
 */
export function conceptTokens(
  { tokenizers }: Pick<Pipeline, 'tokenizers'>,
  { text, mentions }: ExpandedPrompt,
): ReadonlyMap<string, readonly number[]> {
  const positions = (spans: readonly TextSpan[]) =>
    tokenizers.flatMap((tokenizer) => tokenizer.tokenIndexes(text, spans));
  return new Map(
    [...mentions].map(([name, spans]) => [name, [...new Set(positions(spans))].sort((a, b) => a - b)]),
  );
}

/**
 * Two concepts may have been taught under the same identifier, and one that was learned may be several tokens of another
 * model's vocabulary. Such a one gets another token in the prompt, which is then given the embedding of the one it was
 * taught with: to the model it is the same word.
 */
function withDistinctIdentifiers({ pipeline, recommended }: LoadedModel, concepts: readonly Concept[]) {
  const taken = new Set<string>();
  return concepts.map(({ name, identifier, classWord, tokenEmbeddings }) => {
    const isCut =
      tokenEmbeddings !== undefined && !pipeline.tokenizers.every((one) => isSingleToken(one, identifier));
    const [own] =
      taken.has(identifier) || isCut
        ? chooseIdentifiers(pipeline.tokenizers, {
            count: 1,
            avoid: [...concepts.map((other) => other.identifier), ...taken, ...classWord.split(' ')],
            recommended: recommended.identifiers,
          })
        : [identifier];
    taken.add(own!);
    return { name, identifier: own!, classWord };
  });
}

async function embeddingsOf(
  { pipeline }: LoadedModel,
  { identifier, tokenEmbeddings }: Concept,
): Promise<readonly Float32Array[]> {
  return tokenEmbeddings ?? pipeline.wordEmbeddings(identifier);
}
