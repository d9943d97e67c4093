/** Graphs of a whole model, whatever its family: text, codec, and all components side by side. */

import { bandGraph } from '../graph/banding.ts';
import { Graph, type GraphSpec, graphSpec } from '../graph/graph.ts';
import { concat } from '../graph/ops/index.ts';
import type { Value } from '../graph/value.ts';
import { familyOf, type ModelConfig } from './families/registry.ts';
import {
  CONTEXT,
  type ConditioningValues,
  DECODERS,
  type DecoderChoice,
  isOfText,
  type PromptValues,
  type Scopes,
} from './family.ts';
import { Scope } from './layers/scope.ts';

/** Scopes of a graph's parameters, one a component. */
export function scopesOf(graph: Graph): Scopes {
  return (component, hook) => new Scope(graph, component, '', hook);
}

/** Input `input_ids` [1, L] int64; output `token_embeddings` [1, L, D] of text encoder `index`. */
export function embeddingGraph(shape: ModelConfig & { readonly index: number }): GraphSpec {
  return graphSpec('token embeddings', shape, (model) => {
    const graph = new Graph('token embeddings');
    const family = familyOf(model);
    const { tokens } = family.facts(model.config).textEncoders[model.index]!;
    const ids = graph.input('input_ids', [1, tokens], 'int64');
    const embeddings = family.embedTokens(scopesOf(graph), model.config, model.index, ids);
    graph.output('token_embeddings', embeddings);
    return graph;
  });
}

/** Names of a text encoder's inputs. */
export function promptNames(encoder: number) {
  const suffix = encoder === 0 ? '' : `.${encoder}`;
  return { embeddings: `token_embeddings${suffix}`, end: `text_end${suffix}` };
}

/**
 * Inputs of promptNames for every text encoder, [1, L, D], and [1, 1, L] where it is pooled; outputs, by textOutput, the
 * conditioning that text gives.
 */
export function textGraph(shape: ModelConfig): GraphSpec {
  return graphSpec('text encoder', shape, (model) => {
    const graph = new Graph('text encoder');
    const family = familyOf(model);
    const prompts = family.facts(model.config).textEncoders.map(({ tokens, width, pooled }, encoder) => {
      const names = promptNames(encoder);
      const embeddings = graph.input(names.embeddings, [1, tokens, width]);
      return pooled ? { embeddings, end: graph.input(names.end, [1, 1, tokens]) } : { embeddings };
    });
    const values = family.buildText(scopesOf(graph), model.config, prompts);
    for (const [name, value] of Object.entries(values)) graph.output(textOutput(name), value);
    return graph;
  });
}

/** Output of the text graph that has a conditioning input's values. */
export function textOutput(name: string): string {
  return name === CONTEXT ? 'states' : name;
}

/** Input of the denoiser that an inpainting model has beside its latents: mask and masked latents, [B, 1 + C, h, w]. */
export const INPAINTING = 'inpainting';

/**
 * What the denoiser looks at: input `sample` [B, C, h, w], and in an inpainting model INPAINTING behind it.
 * @returns [B, facts.inputChannels, h, w]
 */
export function latentInputs(
  graph: Graph,
  model: ModelConfig,
  { batch, height, width }: { readonly batch: number; readonly height: number; readonly width: number },
): Value {
  const { latentChannels, inputChannels } = familyOf(model).facts(model.config);
  const sample = graph.input('sample', [batch, latentChannels, height, width]);
  if (inputChannels === latentChannels) return sample;
  const others = graph.input(INPAINTING, [batch, inputChannels - latentChannels, height, width]);
  return concat([sample, others], 1);
}

/** Every conditioning input of the denoiser as an input of the graph, or those that text does not give. */
export function conditioningInputs(
  graph: Graph,
  model: ModelConfig,
  batch: number,
  which: 'all' | 'beside text' = 'all',
): ConditioningValues {
  const inputs = familyOf(model).conditioning(model.config);
  const wanted = which === 'all' ? inputs : inputs.filter((input) => !isOfText(input));
  return Object.fromEntries(
    wanted.map(({ name, shape }) => [name, graph.input(name, [batch, ...shape])] as const),
  );
}

interface CodecShape extends ModelConfig {
  /** Pixels where a picture is encoded, latent cells where latents are decoded. */
  readonly height: number;
  readonly width: number;
}

/** Input `picture` [1, 3, H, W]; output `latents` [1, C, H/f, W/f] in the denoiser's scale, the posterior mean. */
export function encoderGraph(shape: CodecShape): GraphSpec {
  return graphSpec('vae encoder', shape, (model) => {
    const graph = new Graph('vae encoder');
    const picture = graph.input('picture', [1, 3, model.height, model.width]);
    graph.output('latents', familyOf(model).codec.encode(scopesOf(graph), model.config, picture));
    return bandGraph(graph);
  });
}

interface DecoderShape extends CodecShape {
  readonly decoder: DecoderChoice;
}

/** Input `latents` [1, C, h, w] in the denoiser's scale; output `picture` [1, 3, h*f, w*f], about [-1, 1]. */
export function decoderGraph(shape: DecoderShape): GraphSpec {
  return graphSpec('vae decoder', shape, (model) => {
    const graph = new Graph('vae decoder');
    const family = familyOf(model);
    const { latentChannels } = family.facts(model.config);
    const latents = graph.input('latents', [1, latentChannels, model.height, model.width]);
    graph.output('picture', family.codec.decode(scopesOf(graph), model.config, latents, model.decoder));
    return bandGraph(graph);
  });
}

/**
 * All components side by side, as small as they can be: shapes of weights do not depend on the picture's size.
 */
export function wholeGraph(shape: ModelConfig): GraphSpec {
  return graphSpec('whole model', shape, (model) => {
    const graph = new Graph('whole model');
    const family = familyOf(model);
    const facts = family.facts(model.config);
    const scopes = scopesOf(graph);
    addDenoiserWithText(graph, model);
    const side = facts.latentUnit;
    const pixels = side * facts.downscale;
    family.codec.encode(scopes, model.config, graph.input('picture', [1, 3, pixels, pixels]));
    const decoded = graph.input('latents', [1, facts.latentChannels, side, side]);
    for (const decoder of facts.hasFastDecoder ? DECODERS : (['full'] as const)) {
      family.codec.decode(scopes, model.config, decoded, decoder);
    }
    return graph;
  });
}

/** The part of the whole model that a concept is learned on: its text encoders and its denoiser. */
export function denoiserWithTextGraph(shape: ModelConfig): GraphSpec {
  return graphSpec('denoiser with text', shape, (model) => {
    const graph = new Graph('denoiser with text');
    addDenoiserWithText(graph, model);
    return graph;
  });
}

function addDenoiserWithText(graph: Graph, model: ModelConfig): void {
  const family = familyOf(model);
  const facts = family.facts(model.config);
  const scopes = scopesOf(graph);
  const prompts = facts.textEncoders.map(({ tokens, pooled }, encoder): PromptValues => {
    const ids = graph.input(`input_ids.${encoder}`, [1, tokens], 'int64');
    const embeddings = family.embedTokens(scopes, model.config, encoder, ids);
    return pooled
      ? { embeddings, end: graph.input(promptNames(encoder).end, [1, 1, tokens]) }
      : { embeddings };
  });
  const conditioning = {
    ...conditioningInputs(graph, model, 1, 'beside text'),
    ...family.buildText(scopes, model.config, prompts),
  };
  const side = facts.latentUnit;
  const inputs = {
    sample: latentInputs(graph, model, { batch: 1, height: side, width: side }),
    timestep: graph.input('timestep', [1]),
    conditioning,
  };
  family.buildDenoiser(scopes, model.config, inputs);
}
