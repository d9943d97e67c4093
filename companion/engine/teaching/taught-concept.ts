/** What a teaching came to, as a concept. */

import { type Concept, THUMBNAIL_MAX_BYTES } from '../../concepts/concept.ts';
import { thumbnailUrl } from '../../images/encode.ts';
import type { Picture } from '../../images/picture.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { TeachingSettings } from '../../training/memory-plan.ts';
import type { TrainingState } from '../../training/training-state.ts';
import type { TeachRequest } from '../requests.ts';

/** Side of the picture in the concept file's header, in pixels. */
const THUMBNAIL_SIDE = 256;

/** How it went. */
export interface TeachingFigures {
  readonly seconds: number;
  readonly finalLoss: number;
}

export interface Taught {
  readonly pictures: readonly Picture[];
  readonly identifier: string;
  readonly settings: TeachingSettings;
  readonly state: TrainingState;
  readonly figures: TeachingFigures;
}

export async function taughtConcept(
  { pipeline, identity }: LoadedModel,
  request: TeachRequest,
  { pictures, identifier, settings, state, figures }: Taught,
): Promise<Concept> {
  const url = await thumbnailUrl(pictures[0]!, THUMBNAIL_SIDE, THUMBNAIL_MAX_BYTES);
  const bytes = Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
  const { captions, rank, memory: _, ...plain } = settings;
  return {
    name: request.name,
    classWord: request.classWord,
    identifier,
    baseModel: identity,
    resolution: { width: pipeline.resolution, height: pipeline.resolution },
    method: {
      ...plain,
      rankFraction: rank.fraction,
      rankMinimum: rank.minimum,
      captions: captions.join(' | '),
    },
    referenceCount: pictures.length,
    figures: { ...figures },
    rights: request.rights ?? {},
    version: 1,
    createdAt: new Date().toISOString(),
    factors: state.factors,
    linear: pipeline.unet.linearProjection,
    thumbnail: { mediaType: 'image/jpeg', bytes },
    ...(state.tokenEmbedding && { tokenEmbedding: state.tokenEmbedding }),
    ...(state.probe && { objectProbe: state.probe }),
  };
}
