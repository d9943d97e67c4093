/** The concepts that a prompt may mention, each under an identifier of its own. */

import { LikenessError } from '../../../shared/errors.ts';
import { type Concept, requireBaseModel } from '../../concepts/concept.ts';
import { readConcept } from '../../concepts/concept-file.ts';
import { requireMatchingSites } from '../../concepts/lora-file.ts';
import { conceptTokens, parseMentions } from '../../models/prompt.ts';
import { chooseIdentifiers } from '../../models/text/identifier.ts';
import { type LoadedModel, projectionTargets } from '../../pipeline/loaded-model.ts';
import type { TokenOverride } from '../../pipeline/pipeline.ts';

/** A concept that the prompt mentions. */
export interface MentionedConcept {
  readonly concept: Concept;
  /** Positions in the prompt's token ids, rising; never empty. */
  readonly tokenIndexes: readonly number[];
}

export interface ReadPrompt {
  /** As the model reads it. */
  readonly text: string;
  readonly mentioned: readonly MentionedConcept[];
  /** Embeddings that take the place of the checkpoint's for the identifiers in this prompt. */
  readonly learned: TokenOverride;
}

/** @throws LikenessError `concept-*`, also for a concept that was taught on another model */
export async function readConcepts(
  { pipeline, identity }: LoadedModel,
  files: readonly string[],
): Promise<Concept[]> {
  const concepts: Concept[] = [];
  for (const file of files) {
    const concept = await readConcept(file);
    // The model's name says more than the shapes that do not fit because of it.
    requireBaseModel(concept, identity);
    requireMatchingSites(concept, projectionTargets(pipeline), `concept ${concept.name}`);
    concepts.push(concept);
  }
  return concepts;
}

/**
 * Replaces mentions and finds their tokens.
 * @throws LikenessError `concept-unknown`; `input` when a mention lies beyond the model's limit
 */
export async function readPrompt(
  model: LoadedModel,
  prompt: string,
  concepts: readonly Concept[],
): Promise<ReadPrompt> {
  const { tokenizer } = model.pipeline;
  const renamed = withDistinctIdentifiers(model, concepts);
  const parsed = parseMentions(prompt, renamed);
  const tokens = conceptTokens(tokenizer, parsed);
  const mentioned: MentionedConcept[] = [];
  const learned = new Map<number, Float32Array>();
  for (const [index, { name, identifier }] of renamed.entries()) {
    const tokenIndexes = tokens.get(name);
    if (tokenIndexes === undefined) continue;
    if (tokenIndexes.length === 0) {
      throw new LikenessError(
        'input',
        `@${name} stands beyond the model's ${tokenizer.modelMaxLength} tokens`,
        {
          advice: 'Shorten the prompt, or mention it earlier.',
        },
      );
    }
    const concept = concepts[index]!;
    mentioned.push({ concept, tokenIndexes });
    const embedding = await embeddingOf(model, concept);
    if (identifier !== concept.identifier || concept.tokenEmbedding !== undefined) {
      learned.set(tokenizer.words(identifier)[0]!, embedding);
    }
  }
  return { text: parsed.text, mentioned, learned };
}

/**
 * Two concepts may have been taught under the same identifier. The second one gets another token in the prompt, which
 * is then given the embedding of the one it was taught with: to the model it is the same word.
 */
function withDistinctIdentifiers({ pipeline, recommended }: LoadedModel, concepts: readonly Concept[]) {
  const taken = new Set<string>();
  return concepts.map(({ name, identifier, classWord }) => {
    const [own] = taken.has(identifier)
      ? chooseIdentifiers(pipeline.tokenizer, {
          count: 1,
          avoid: [...concepts.map((other) => other.identifier), ...taken, ...classWord.split(' ')],
          recommended: recommended.identifiers,
        })
      : [identifier];
    taken.add(own!);
    return { name, identifier: own!, classWord };
  });
}

async function embeddingOf({ pipeline }: LoadedModel, concept: Concept): Promise<Float32Array> {
  return concept.tokenEmbedding ?? pipeline.tokenEmbedding(pipeline.tokenizer.words(concept.identifier)[0]!);
}
