/**
 * TilePasses: the question that each tile of an enlarged picture asks of the model. A tile that the product covers has the
 * whole prompt, and the concepts act where their masks say; the others have the words of the scene and the base model.
 */

import { sampleMask } from '../../../shared/mask.ts';
import type { Tile } from '../../images/painting/tiles.ts';
import type { Picture } from '../../images/picture.ts';
import { everythingPainted } from '../../pipeline/inpainting.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { SamplingSettings } from '../../pipeline/settings.ts';
import type { MaskReport } from '../events.ts';
import { compose } from '../generation/composition.ts';
import type { PassRequest, PromptConcept } from '../generation/guided-pass.ts';
import { encoded, type PreparingEvent } from '../generation/picture-sessions.ts';
import type { ReadPrompt } from '../generation/prompt.ts';
import type { GenerateRequest } from '../requests.ts';

/** A concept that acts less than this nowhere in a tile changes nothing that anybody sees. */
const ACTS = 0.05;

export interface TilePasses {
  readonly of: (tile: Tile) => PassRequest;
  /** One of each kind that tiles ask: with concepts, and without. */
  readonly kinds: readonly PassRequest[];
}

interface TilePassOptions {
  readonly settings: SamplingSettings;
  readonly masks: readonly MaskReport[];
  /** The enlarged picture, in pixels. */
  readonly size: Pick<Picture, 'width' | 'height'>;
  /** Side of a tile, in pixels. */
  readonly side: number;
}

export async function* tilePasses(
  model: LoadedModel,
  request: GenerateRequest,
  prompt: ReadPrompt,
  { settings, masks, size, side }: TilePassOptions,
): AsyncGenerator<PreparingEvent, TilePasses> {
  const { pipeline } = model;
  const { downscale } = pipeline.facts;
  const cells = side / downscale;
  const grid = { height: cells, width: cells };
  const options = {
    // Where the product is, is known: it is looked for in no tile, which may show a part of it alone.
    settings: { ...settings, mask: settings.mask === 'off' ? ('off' as const) : ('full' as const) },
    ...grid,
    painted: await everythingPainted(pipeline, grid),
    frame: undefined,
  };
  const whole = { ...request, together: 'words', regions: [], keepRest: false } as const;
  const { whole: covered, active } = yield* compose(model, whole, prompt, options);
  const scene = sceneText(request);
  const [conditional] = yield* encoded(pipeline, { width: side, height: side }, [
    active.length === 0 ? prompt.text : scene,
  ]);
  const empty = { ...covered, conditional, concepts: [] };
  const across = { rows: Math.ceil(size.height / downscale), columns: Math.ceil(size.width / downscale) };
  const maps = active.map(({ concept: { name } }) => {
    const found = masks.find((mask) => mask.concept === name);
    return found && sampleMask(found, across.columns, across.rows);
  });
  const of = ({ left, top }: Tile): PassRequest => {
    const concepts = covered.concepts.flatMap((concept, index): PromptConcept[] => {
      const map = maps[index];
      if (map === undefined) return [];
      const region = new Float32Array(cells * cells).map((_, cell) => {
        const row = Math.min(across.rows - 1, top / downscale + Math.floor(cell / cells));
        const column = Math.min(across.columns - 1, left / downscale + (cell % cells));
        return map[row * across.columns + column]!;
      });
      return region.some((share) => share > ACTS) ? [{ ...concept, region }] : [];
    });
    return concepts.length === 0 ? empty : { ...covered, concepts };
  };
  return { of, kinds: active.length === 0 ? [empty] : [covered, empty] };
}

/** The prompt without its mentions: "on a beach". */
function sceneText({ prompt }: GenerateRequest): string {
  const words = prompt.parts.filter(({ name }) => name === undefined).map(({ text }) => text.trim());
  return words.filter((text) => text !== '').join(' ');
}
