/**
 * LayerFills: pictures as fills of a designer's own layer. All variants of a job lie among its fills, the chosen one
 * visible: they travel with the layer, and choosing needs no companion. A layer is written once, when its pictures are
 * all there, so that the fill is one step of undo whatever the person does meanwhile.
 */

import type { Affine } from '../../shared/affine.ts';
import type { ImageSize } from '../../shared/geometry.ts';
import { imageKind, pngSize } from '../../shared/image-kind.ts';
import type { FillObstacle, FillPlan } from '../layout-messages.ts';
import type { UiToMain } from '../messages.ts';
import type { CanvasNode, FigmaSurface, Fills, Rectangle } from './figma-surface.ts';
import { fillObstacle, isFillable, isStyled } from './fill-obstacle.ts';
import {
  choicesOf,
  FILL_KEY,
  otherPaints,
  paintsOf,
  pictureFill,
  type StoredPicture,
  store,
  storedPictures,
  withVisible,
} from './filled-pictures.ts';
import { isLocked, nodeOf } from './node-tree.ts';
import { refitted, uprightPart } from './picture-space.ts';

/** Pictures that a layer keeps, those of the largest job: each is in the document for good. */
const PICTURES_KEPT = 16;
/** A notice holds 100 characters; these are for a layer's name in it. */
const NAME_IN_NOTICE = 24;
const GONE = 'The layer to fill is gone. Select another, and use a picture as its fill.';
/** After “NAME” cannot be filled: */
const REASONS: Readonly<Record<FillObstacle, string>> = {
  text: 'it is text',
  line: 'it has no area',
  group: 'it is a group',
  section: 'it is a section',
  set: 'it is a component set',
  other: 'it is no shape',
  mask: 'it is a mask',
  part: 'it is part of a boolean shape',
  mixed: 'its parts have different fills',
  small: 'it is too small',
  several: 'it is not one layer',
};

type PictureMessage = Extract<UiToMain, { type: 'picture' }>;
type UseMessage = Extract<UiToMain, { type: 'use-fill' }>;
type ChooseMessage = Extract<UiToMain, { type: 'choose-fill' }>;

/** The fills that a layer is to have, and the pictures among them; undefined where those stay. */
interface Change {
  readonly fills: Fills;
  readonly pictures?: readonly StoredPicture[];
}

/** A picture that was made for a layer, with its size, for a layer that was turned or resized. */
interface MadePicture extends StoredPicture {
  readonly size: ImageSize | undefined;
}

interface OpenFill {
  readonly plan: FillPlan;
  readonly pictures: Map<number, MadePicture>;
}

export class LayerFills {
  readonly #surface: FigmaSurface;
  readonly #open = new Map<string, OpenFill>();

  constructor(surface: FigmaSurface) {
    this.#surface = surface;
  }

  open(jobId: string, plan: FillPlan): void {
    this.#open.set(jobId, { plan, pictures: new Map() });
  }

  isOpen(jobId: string): boolean {
    return this.#open.has(jobId);
  }

  /** Keeps a final picture for the fill; previews are for the panel alone. */
  take({ jobId, index, kind, bytes, record }: PictureMessage): 'placed' | 'refused' {
    if (kind === 'preview' || record === null) return 'placed';
    const { seed } = JSON.parse(record) as { seed: number };
    const hash = this.#createImage(bytes);
    if (hash === undefined) return 'refused';
    const made = { job: jobId, picture: index, seed, hash, size: sizeOf(bytes) };
    this.#open.get(jobId)!.pictures.set(index, made);
    return 'placed';
  }

  /** Fills the layer with what came, in place of what it was filled with before. */
  async close(jobId: string): Promise<void> {
    const { plan, pictures } = this.#open.get(jobId)!;
    this.#open.delete(jobId);
    const made = [...pictures.values()].sort((a, b) => a.picture - b.picture);
    if (made.length === 0) return;
    await this.#change(plan.nodeId, (layer) => {
      const own = otherPaints(layer, storedPictures(layer));
      const fills = made.map(({ hash, size }, at) =>
        pictureFill(hash, partOf(layer, plan.place, size), at === 0),
      );
      return { fills: [...own, ...fills], pictures: made };
    });
  }

  /** One more picture on top, which is shown. */
  async use({ nodeId, jobId, index, seed, place, bytes }: UseMessage): Promise<void> {
    const hash = this.#createImage(bytes);
    if (hash === undefined) return void this.#surface.notify('The canvas did not take this picture.', ERROR);
    await this.#change(nodeId, (layer) => {
      const before = choicesOf(layer).filter((one) => one.job !== jobId || one.picture !== index);
      const kept = before.slice(-(PICTURES_KEPT - 1));
      const gone = storedPictures(layer).filter((one) => !kept.some(({ hash: other }) => other === one.hash));
      const hidden = otherPaints(layer, gone).map((paint) => withVisible(paint, kept, undefined));
      const fills = [...hidden, pictureFill(hash, partOf(layer, place, sizeOf(bytes)), true)];
      return { fills, pictures: [...kept, { job: jobId, picture: index, seed, hash }] };
    });
  }

  async choose({ nodeId, jobId, index }: ChooseMessage): Promise<void> {
    await this.#change(nodeId, (layer) => {
      const choices = choicesOf(layer);
      const chosen = choices.find((one) => one.job === jobId && one.picture === index);
      if (chosen === undefined) return 'That picture is no longer among the fills of this layer.';
      return { fills: paintsOf(layer).map((paint) => withVisible(paint, choices, chosen.hash)) };
    });
  }

  /** Selects the layers that a job filled; false where there are none. */
  reveal(jobId: string): boolean {
    const { currentPage, viewport } = this.#surface;
    const nodes = currentPage
      .findAllWithCriteria({ pluginData: { keys: [FILL_KEY] } })
      .filter((node) => isFillable(node) && choicesOf(node).some(({ job }) => job === jobId));
    if (nodes.length === 0) return false;
    currentPage.selection = nodes;
    viewport.scrollAndZoomIntoView(nodes);
    return true;
  }

  #createImage(bytes: Uint8Array): string | undefined {
    try {
      return this.#surface.createImage(bytes).hash;
    } catch (error) {
      console.error('likeness: the canvas refused a picture', error);
      return undefined;
    }
  }

  /** One step of undo, or words. @param changed the reason where it changes nothing */
  async #change(nodeId: string, changed: (layer: Rectangle) => Change | string): Promise<void> {
    const layer = await nodeOf(this.#surface, nodeId);
    const change = layer === undefined ? GONE : (refusal(layer) ?? changed(layer as Rectangle));
    if (typeof change === 'string') return void this.#surface.notify(change, ERROR);
    const said = await write(layer as Rectangle, change);
    this.#surface.commitUndo();
    if (said !== undefined) this.#surface.notify(said);
  }
}

const ERROR = { error: true } as const;

function refusal(layer: CanvasNode): string | undefined {
  const obstacle = fillObstacle(layer);
  if (obstacle !== undefined) {
    return `“${shortName(layer)}” cannot be filled: ${REASONS[obstacle]}. Use another layer.`;
  }
  if (!isLocked(layer)) return undefined;
  return `“${shortName(layer)}” is locked. Unlock it, then use a picture as its fill.`;
}

/** Returns words on what else changed. */
async function write(layer: Rectangle, { fills, pictures }: Change): Promise<string | undefined> {
  const wasStyled = isStyled(layer);
  // Fills of a style are not the layer's own: they would change with it.
  if (wasStyled) await layer.setFillStyleIdAsync!('');
  const isPatterned = fills.some(({ type }) => type === 'PATTERN');
  if (isPatterned && layer.setFillsAsync !== undefined) await layer.setFillsAsync(fills);
  else layer.fills = fills;
  if (pictures !== undefined) store(layer, pictures);
  return wasStyled
    ? `“${shortName(layer)}” is detached from the style of its fill. Undo links it again.`
    : undefined;
}

/** The part of a picture that a layer shows as it lies and as large as it is now; null for Figma's own way. */
function partOf(layer: Rectangle, place: Affine | null, size: ImageSize | undefined): Affine | null {
  if (size === undefined) return place;
  return place === null ? uprightPart(layer, size) : refitted(place, layer, size);
}

/** Undefined for what is no PNG. */
function sizeOf(bytes: Uint8Array): ImageSize | undefined {
  return imageKind(bytes) === 'png' ? pngSize(bytes) : undefined;
}

function shortName({ name }: CanvasNode): string {
  return name.length > NAME_IN_NOTICE ? `${name.slice(0, NAME_IN_NOTICE - 1)}…` : name;
}
