/**
 * Requests of jobs as the engine takes them: the prompt with its concepts' files, settings and LoRAs, and the pictures that a
 * client sent, as paths of what was received.
 */

import { LikenessError } from '../../../shared/errors.ts';
import { parseMentions } from '../../../shared/mentions.ts';
import type { ConceptReference } from '../../../shared/protocol/concept.ts';
import type { ImageId } from '../../../shared/protocol/ids.ts';
import type { ProductSpec } from '../../../shared/protocol/product.ts';
import type { GenerateJobSpec } from '../../../shared/protocol/requests.ts';
import type { GenerateRequest, ProductInScene } from '../../engine/requests.ts';
import type { ConceptVersion } from '../../library/concept-library.ts';
import { mattingNetwork } from '../../matting/matting-folder.ts';
import { upscalerNetwork } from '../../matting/upscaler.ts';
import { findStoredLora } from '../../model-store/loras/find-lora.ts';
import type { LoraRequest } from '../../pipeline/few-steps.ts';
import type { JobReference } from '../job-record.ts';
import { framesGone } from '../reference-store.ts';
import type { RunTools } from './context.ts';

export interface ResolvedConcept {
  readonly reference: ConceptReference;
  readonly version: ConceptVersion;
}

/** @throws LikenessError `image-unknown`; `input` for fields that an enlarged picture cannot have */
export async function onSentPictures(
  request: GenerateJobSpec,
  named: readonly JobReference[],
  { references, files, setup: { modelsFolder } }: RunTools,
): Promise<Partial<GenerateRequest>> {
  requireOneEnlarged(request);
  const { init, paint, regions, keepRest, together, upscale, productOnly, product } = request;
  const pathOf = async (image: ImageId) => {
    const [one] = named.filter((reference) => reference.image === image);
    if (one === undefined || !('key' in one)) throw framesGone(1, named.length);
    return references.materialize(one.key);
  };
  return {
    ...(init && { init: { picture: await pathOf(init.image), strength: init.strength } }),
    ...(paint && { mask: { picture: await pathOf(paint.image), featherPx: paint.feather } }),
    ...(product && { product: productInScene(product, await pathOf(product.image)) }),
    regions,
    keepRest,
    together,
    ...(productOnly && {
      productOnly: { network: modelsFolder && (await mattingNetwork({ models: modelsFolder })) },
    }),
    ...(upscale && {
      upscale: {
        ...upscale,
        picture: await pathOf(upscale.image),
        name: 'picture',
        keep: files.tiles,
        network: modelsFolder && (await upscalerNetwork({ models: modelsFolder })),
      },
    }),
  };
}

function productInScene({ image: _, light, ...spec }: ProductSpec, picture: string): ProductInScene {
  return { ...spec, picture, fits: 'picture', lightDegrees: light, layers: true };
}

/** @throws LikenessError `input` */
function requireOneEnlarged(request: GenerateJobSpec): void {
  const { upscale, count, size, init, paint, product, regions = [] } = request;
  if (upscale === undefined) return;
  if (count === 1 && size === undefined && !init && !paint && !product && regions.length === 0) return;
  throw new LikenessError('input', 'one picture is enlarged at a time, as large as it comes out', {
    advice: 'Leave out size, init, paint, product and regions, and ask for one picture.',
  });
}

/** A generation as the engine takes it. */
export async function generateRequest(
  request: GenerateJobSpec,
  concepts: readonly ResolvedConcept[],
  { setup, library }: Pick<RunTools, 'setup' | 'library'>,
): Promise<GenerateRequest> {
  const { prompt, negativePrompt, count, seed, size, strength, mask } = request;
  const { steps, guidanceScale, guidanceResidual, precision, batchSize } = request;
  const loras = await lorasOf(request, setup);
  return {
    ...setup,
    ...(precision !== undefined && { precision }),
    loras,
    prompt: {
      parts: parseMentions(prompt),
      concepts: await Promise.all(
        concepts.map(async ({ reference: { id, name }, version }) => {
          return { id, name, path: await library.materialize(version) };
        }),
      ),
    },
    negativePrompt,
    count,
    seed,
    ...(batchSize !== undefined && { batchSize }),
    size,
    strength,
    settings: {
      mask,
      ...(steps !== undefined && { steps }),
      ...(guidanceScale !== undefined && { guidanceScale }),
      ...(guidanceResidual !== undefined && { guidanceResidual }),
    },
  };
}

/** @throws LikenessError `concept-unknown` for one that the store does not have */
async function lorasOf(
  { loras = [] }: GenerateJobSpec,
  { loraFolder }: RunTools['setup'],
): Promise<readonly LoraRequest[]> {
  const found: LoraRequest[] = [];
  for (const { name, weight } of loras)
    found.push({ ...(await findStoredLora(name, { loras: loraFolder })), weight });
  return found;
}
