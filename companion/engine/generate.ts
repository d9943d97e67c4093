/** Placing concepts in new scenes, from a prompt to PNG files. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { makeFolder, writeFileAtomically } from '../checkpoint/atomic-file.ts';
import { encodePng } from '../images/encode.ts';
import type { GenerationRecord } from '../images/generation-record.ts';
import { latentPreview } from '../images/latent-preview.ts';
import { fromModelRange } from '../images/model-range.ts';
import { noisyRankShareOf } from '../residuals/concept.ts';
import type { Factors } from '../residuals/factors.ts';
import { type PromptConcept, samplePicture } from '../residuals/sample-picture.ts';
import type { SamplingSettings } from '../residuals/settings.ts';
import type { GenerateEvent, MaskReport } from './events.ts';
import { type LoadedModel, loadModel, previewColours } from './loaded-model.ts';
import { Pace } from './pace.ts';
import { type MentionedConcept, readConcepts, readPrompt } from './prompt-concepts.ts';
import type { GenerateRequest } from './requests.ts';

/** @throws LikenessError `concept-*`, `checkpoint-*`, `storage`, `input`, or `cancelled` between two steps */
export async function* generate(request: GenerateRequest): AsyncGenerator<GenerateEvent, void> {
  const model = await loadModel(request);
  try {
    yield* generateOn(model, request);
  } finally {
    await model.pipeline.close();
  }
}

/** As `generate`, on a model that is open already and stays open. */
export async function* generateOn(
  model: LoadedModel,
  request: GenerateRequest,
): AsyncGenerator<GenerateEvent, void> {
  const { pipeline, identity, recommended, device } = model;
  yield { type: 'model', name: identity.name, device, resolution: pipeline.resolution };
  const settings: SamplingSettings = { ...recommended.sampling, ...request.settings };
  const cells = latentSize(model, request);
  const known = await readConcepts(model, request.concepts);
  const { text, mentioned, learned } = await readPrompt(model, request.prompt, known);
  const { ids, tokenCount, truncated, droppedText } = pipeline.tokenizer.encode(text);
  yield { type: 'prompt', text, tokenCount, truncated, droppedText };

  const concepts = mentioned.map(
    ({ concept, tokenIndexes, objectIndexes }): PromptConcept => ({
      factors: concept.factors,
      probe: concept.objectProbe,
      noisyRankShare: noisyRankShareOf(concept),
      tokenIndexes,
      objectIndexes,
      strength: request.strength,
    }),
  );
  const negative = pipeline.tokenizer.encode(request.negativePrompt).ids;
  // Off is the base model as it came: with the tokens it knows.
  const conditional = await pipeline.encodeTokens([ids], settings.mask === 'off' ? undefined : learned);
  const unconditional = await pipeline.encodeTokens([negative]);
  const colours = await previewColours(pipeline);
  if (request.out !== undefined) await makeFolder(request.out);

  const pace = new Pace();
  for (let picture = 0; picture < request.count; picture++) {
    const started = performance.now();
    const seed = request.seed + picture;
    const sampling = samplePicture(pipeline, {
      conditional: conditional.data,
      unconditional: unconditional.data,
      concepts,
      settings,
      seed,
      ...cells,
      signal: request.signal,
    });
    let next = await sampling.next();
    for (; !next.done; next = await sampling.next()) {
      const { step, steps, denoised } = next.value;
      pace.tick();
      const secondsLeft = pace.secondsFor((request.count - picture) * steps - step);
      const preview = latentPreview(denoised, cells.height, cells.width, colours);
      yield { type: 'step', picture, count: request.count, step, steps, secondsLeft, preview };
    }
    const { latents, masks } = next.value;
    const pixels = await pipeline.decodeLatents(latents, cells.height, cells.width);
    const size = { width: cells.width * pipeline.downscale, height: cells.height * pipeline.downscale };
    const image = fromModelRange(pixels, size.width, size.height);
    const reports = (masks ?? []).map(
      ({ mask, height, width, confidence }, index): MaskReport => ({
        concept: mentioned[index]!.concept.name,
        rows: height,
        columns: width,
        values: mask,
        confidence,
      }),
    );
    let file: string | undefined;
    if (request.out !== undefined) {
      const record = generationRecord(model, request, settings, mentioned, seed);
      file = freeName(request.out, `${pictureName(request.prompt)}-${seed}`);
      await writeFileAtomically(file, await encodePng(image, record));
    }
    const seconds = (performance.now() - started) / 1000;
    yield { type: 'picture', picture, count: request.count, seed, image, masks: reports, seconds, file };
  }
}

/** @throws LikenessError `input` when the picture's size is none the model can make */
function latentSize({ pipeline }: LoadedModel, { size }: GenerateRequest): { height: number; width: number } {
  const { width, height } = size ?? { width: pipeline.resolution, height: pipeline.resolution };
  const unit = pipeline.downscale * 2 ** (pipeline.unet.blockOutChannels.length - 1);
  if (width % unit !== 0 || height % unit !== 0) {
    const near = (side: number) => Math.max(unit, Math.round(side / unit) * unit);
    throw new LikenessError(
      'input',
      `size ${width}x${height}: this model makes multiples of ${unit} pixels`,
      {
        advice: `Use ${near(width)}x${near(height)}.`,
      },
    );
  }
  return { height: height / pipeline.downscale, width: width / pipeline.downscale };
}

/** The same prompt and seed with another mask is a comparison: nothing is written over. */
function freeName(folder: string, stem: string): string {
  for (let copy = 1; ; copy++) {
    const file = join(folder, copy === 1 ? `${stem}.png` : `${stem}-${copy}.png`);
    if (!existsSync(file)) return file;
  }
}

/** Of the prompt's own words, so that a folder of pictures can be read. */
function pictureName(prompt: string): string {
  const words = prompt.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-');
  return words.replaceAll(/^-+|-+$/g, '').slice(0, 60) || 'picture';
}

function generationRecord(
  { identity }: LoadedModel,
  request: GenerateRequest,
  settings: SamplingSettings,
  mentioned: readonly MentionedConcept[],
  seed: number,
): GenerationRecord {
  return {
    prompt: request.prompt,
    negativePrompt: request.negativePrompt,
    seed,
    steps: settings.steps,
    sampler: settings.sampler,
    guidance: settings.guidanceScale,
    model: { name: identity.name, ...(identity.hash === undefined ? {} : { sha256: identity.hash }) },
    concepts: mentioned.map(({ concept: { name, factors } }) => ({
      id: conceptId(factors),
      name,
      strength: request.strength,
    })),
    settings: { mask: settings.mask, unconditional: settings.unconditional },
  };
}

/** The residuals' own identity: the same however the file is named. */
function conceptId(factors: Factors): string {
  const hash = createHash('sha256');
  for (const [path, { down, up }] of factors) hash.update(path).update(down).update(up);
  return hash.digest('hex').slice(0, 16);
}
