/**
 * ProductPlacing: a cut-out in a layout, the part that a model paints, and the finished picture with its layers: the scene,
 * the product's shadow and reflection, and on top its own pixels.
 */

import { LikenessError } from '../../../shared/errors.ts';
import type { ImageSize } from '../../../shared/geometry.ts';
import { encodePng } from '../../images/encode.ts';
import { maskBounds } from '../../images/object-mask.ts';
import {
  type PaintingFrame,
  regionAround,
  workingSize,
  workingSizes,
} from '../../images/painting/painting-frame.ts';
import { alphaOf, cropPicture, type Picture } from '../../images/picture.ts';
import { cleanScene } from '../../images/product/clean-scene.ts';
import { changedPixels, type PlacedCutOut, placeCutOut } from '../../images/product/placed-cut-out.ts';
import { flattened, harmonised, type ProductLayer } from '../../images/product/product-layers.ts';
import { reflectionLayer } from '../../images/product/reflection.ts';
import { sceneLight } from '../../images/product/scene-light.ts';
import { shadowLayer } from '../../images/product/shadow.ts';
import { resizePicture } from '../../images/resize.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import { USER_MODES, writeFileAtomically } from '../../storage/atomic-file.ts';
import type { LayerReport, ProductReport } from '../events.ts';
import type { GenerateRequest, ProductInScene } from '../requests.ts';
import { openPicture } from './painting.ts';
import { type WorkingCutOut, workingCutOut } from './product-scene.ts';

export interface PlannedProduct {
  readonly layout: ImageSize;
  readonly placed: PlacedCutOut;
  /** The size that the model works at, and what it paints: the whole layout, and more where the proportions differ. */
  readonly frame: PaintingFrame;
  readonly cutOut: WorkingCutOut;
  readonly spec: ProductInScene;
}

/** Opacities where none are told. */
const OPACITY = { shadow: 0.8, reflection: 0 } as const;

/** A layout that nobody gives is made for the cut-out at its own size, 60 % of it high, up to this side. */
const LARGEST_SIDE = 2048;
const USUAL_SHARE = 0.6;

/**
 * @returns undefined where the picture has no such product
 * @throws LikenessError `input` as placeCutOut, or beside a picture to start from; `image-unknown` for a picture that was sent
 *   and is gone
 */
export async function planProduct(
  model: LoadedModel,
  { product: spec, init, mask, keepRest, productOnly, size }: GenerateRequest,
): Promise<PlannedProduct | undefined> {
  if (spec === undefined) return undefined;
  if (init !== undefined || mask !== undefined || keepRest || productOnly) {
    throw new LikenessError('input', 'a scene around a product is painted from noise: no picture is kept', {
      advice:
        'Leave out the picture to start from, its mask, and the wishes to keep the rest or the product alone.',
    });
  }
  const { facts } = model.pipeline;
  const source = await openPicture(spec.picture);
  const layout = spec.layout ?? usualLayout(source, facts.resolution);
  const placed = await placeCutOut(source, { layout, box: spec.box, fits: spec.fits ?? 'product' });
  const working = size ?? workingSize(layout, workingSizes(facts));
  const frame = { ...working, region: regionAround(layout, working) };
  return { layout, placed, frame, cutOut: await workingCutOut(model, placed, frame), spec };
}

function usualLayout(source: Picture, resolution: number): ImageSize {
  const visible = maskBounds(alphaOf(source), source.width, source.height);
  const longest = Math.max(visible?.width ?? 0, visible?.height ?? 0);
  const side = Math.round(Math.min(LARGEST_SIDE, Math.max(resolution, longest / USUAL_SHARE)));
  return { width: side, height: side };
}

export interface FinishedProduct {
  readonly image: Picture;
  /** From the bottom. */
  readonly layers: readonly ProductLayer[];
  /** Side that the light comes from, as SceneLight has it: given, or found in the scene. */
  readonly lightDegrees: number;
  /** Pixels of the cut-out at alpha 255 that are others in the picture: none may be. */
  readonly changedPixels: number;
}

/** @param painted at the model's size, with what the model made of the product */
export async function finishProduct(
  painted: Picture,
  { layout, placed, frame, cutOut, spec }: PlannedProduct,
): Promise<FinishedProduct> {
  const { region, width, height } = frame;
  const { bounds } = placed;
  const [across, down] = [width / region.width, height / region.height];
  const found = sceneLight(painted, cutOut.known, {
    left: (bounds.left - region.left) * across,
    top: (bounds.top - region.top) * down,
    width: bounds.width * across,
    height: bounds.height * down,
  });
  const light = { ...found, degrees: spec.lightDegrees ?? found.degrees };
  const clean = await resizePicture(cleanScene(painted, cutOut.known), region.width, region.height, 'smooth');
  const scene = cropPicture(clean, { left: -region.left, top: -region.top, ...layout });
  const { shadow = OPACITY.shadow, reflection = OPACITY.reflection } = spec;
  const below: ProductLayer[] = [{ name: 'scene', picture: scene, blend: 'NORMAL', opacity: 1 }];
  if (shadow > 0) {
    const own = await shadowLayer(placed, light);
    below.push({ name: 'shadow', picture: own, blend: 'MULTIPLY', opacity: shadow });
  }
  if (reflection > 0) {
    const own = await reflectionLayer(placed);
    below.push({ name: 'reflection', picture: own, blend: 'NORMAL', opacity: reflection });
  }
  const product = harmonised(placed, flattened(below));
  const layers: ProductLayer[] = [
    ...below,
    { name: 'product', picture: product, blend: 'NORMAL', opacity: 1 },
  ];
  const image = flattened(layers);
  return { image, layers, lightDegrees: light.degrees, changedPixels: changedPixels(placed, image) };
}

/** Report of it, with its layers as PNGs where they are wished: beside the picture's file, where there is one. */
export async function reportProduct(
  { layers, lightDegrees, changedPixels: changed }: FinishedProduct,
  { placed: { isOwnSize }, spec }: PlannedProduct,
  file: string | undefined,
): Promise<ProductReport> {
  const reports: LayerReport[] = [];
  for (const { name, blend, opacity, picture } of spec.layers ? layers : []) {
    const png = await encodePng(picture);
    const path = file?.replace(/\.png$/, `-${name}.png`);
    if (path !== undefined) await writeFileAtomically(path, png, USER_MODES);
    reports.push({ name, blend, opacity, png, file: path });
  }
  return { changedPixels: changed, isOwnSize, lightDegrees, layers: reports };
}
