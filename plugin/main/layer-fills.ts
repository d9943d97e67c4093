/**
 * LayerFills: pictures as fills of a designer's own layer. All variants of a job lie among its fills, the chosen one
 * visible: they travel with the layer, and choosing needs no companion. A layer is written once, when its pictures are
 * all there, so that the fill is one step of undo whatever the person does meanwhile.
 */

import type { FillPlan } from '../layout-messages.ts';
import type { UiToMain } from '../messages.ts';
import type { CanvasNode, CanvasParent, FigmaSurface, Rectangle } from './figma-surface.ts';

/** Plugin data of a filled layer: its pictures, as JSON. */
const FILL_KEY = 'fill';
/** Kinds of layers that take a picture as a fill and show all of it. A frame takes one while nothing lies in it. */
const FILLABLE: readonly string[] = ['FRAME', 'RECTANGLE', 'ELLIPSE', 'POLYGON', 'STAR'];
/** Pictures that a layer keeps, those of the largest job: each is in the document for good. */
const PICTURES_KEPT = 16;
/** A notice holds 100 characters; these are for a layer's name in it. */
const NAME_IN_NOTICE = 24;
const GONE = 'The layer to fill is gone. Select another, and use a picture as its fill.';

type PictureMessage = Extract<UiToMain, { type: 'picture' }>;
type UseMessage = Extract<UiToMain, { type: 'use-fill' }>;
type ChooseMessage = Extract<UiToMain, { type: 'choose-fill' }>;

interface StoredPicture {
  readonly job: string;
  readonly picture: number;
  readonly seed: number;
  readonly hash: string;
}

/** A paint as it is read; Figma's have more. */
interface ReadPaint {
  readonly type: string;
  readonly visible?: boolean;
  readonly imageHash?: string | null;
}

interface OpenFill {
  readonly plan: FillPlan;
  readonly pictures: Map<number, StoredPicture>;
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
    this.#open.get(jobId)!.pictures.set(index, { job: jobId, picture: index, seed, hash });
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
      layer.fills = [...own, ...made.map((one, at) => paintOf(one.hash, plan.place, at === 0))];
      layer.setPluginData(FILL_KEY, JSON.stringify(made));
      return undefined;
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
      layer.fills = [...hidden, paintOf(hash, place, true)];
      const stored = [...kept, { job: jobId, picture: index, seed, hash }];
      layer.setPluginData(FILL_KEY, JSON.stringify(stored.map(asStored)));
      return undefined;
    });
  }

  async choose({ nodeId, jobId, index }: ChooseMessage): Promise<void> {
    await this.#change(nodeId, (layer) => {
      const choices = choicesOf(layer);
      const chosen = choices.find((one) => one.job === jobId && one.picture === index);
      if (chosen === undefined) return 'That picture is no longer among the fills of this layer.';
      layer.fills = paintsOf(layer).map((paint) => withVisible(paint, choices, chosen.hash));
      return undefined;
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

  /** One step of undo, or words. @param write the reason where it changes nothing */
  async #change(nodeId: string, write: (layer: Rectangle) => string | undefined): Promise<void> {
    const found = await this.#surface.getNodeByIdAsync(nodeId).catch(() => null);
    const layer = found === null ? undefined : (found as CanvasNode);
    let refusal: string | undefined;
    if (layer === undefined || layer.removed || !isFillable(layer)) refusal = GONE;
    else if (isLocked(layer))
      refusal = `“${shortName(layer)}” is locked. Unlock it, then use a picture as its fill.`;
    else refusal = write(layer);
    if (refusal === undefined) this.#surface.commitUndo();
    else this.#surface.notify(refusal, ERROR);
  }
}

const ERROR = { error: true } as const;

function shortName({ name }: CanvasNode): string {
  return name.length > NAME_IN_NOTICE ? `${name.slice(0, NAME_IN_NOTICE - 1)}…` : name;
}

export function isFillable(node: CanvasNode): node is Rectangle {
  const { children = [], fills } = node as { children?: readonly unknown[]; fills?: unknown };
  return FILLABLE.includes(node.type) && children.length === 0 && Array.isArray(fills);
}

/** True for a layer in a locked frame, too: whoever locked that wants it as it is. */
export function isLocked(node: CanvasParent & { readonly locked?: boolean }): boolean {
  return node.locked === true || (node.parent !== null && isLocked(node.parent));
}

/** True where a picture or video can be seen in it. */
export function showsPicture(layer: Rectangle): boolean {
  return paintsOf(layer).some(
    ({ type, visible }) => type !== 'SOLID' && !isGradient(type) && visible !== false,
  );
}

function isGradient(type: string): boolean {
  return type.startsWith('GRADIENT_');
}

/** Pictures of a filled layer that are still among its fills; a designer may have taken some away. */
export function choicesOf(layer: Rectangle): readonly (StoredPicture & { readonly isShown: boolean })[] {
  const paints = paintsOf(layer);
  return storedPictures(layer)
    .map((one) => ({ one, paint: paints.find(({ imageHash }) => imageHash === one.hash) }))
    .filter(({ paint }) => paint !== undefined)
    .map(({ one, paint }) => ({ ...one, isShown: paint!.visible !== false }));
}

/** None for plugin data that is no list of ours: every collaborator can write it. */
function storedPictures(layer: Rectangle): readonly StoredPicture[] {
  try {
    const stored = JSON.parse(layer.getPluginData(FILL_KEY)) as readonly StoredPicture[];
    return stored.filter(({ job, picture, seed, hash }) => {
      return (
        typeof job === 'string' &&
        typeof hash === 'string' &&
        Number.isInteger(picture) &&
        Number.isInteger(seed)
      );
    });
  } catch {
    return [];
  }
}

function asStored({ job, picture, seed, hash }: StoredPicture): StoredPicture {
  return { job, picture, seed, hash };
}

function paintsOf({ fills }: Rectangle): readonly ReadPaint[] {
  return fills as readonly ReadPaint[];
}

function otherPaints(layer: Rectangle, pictures: readonly StoredPicture[]): readonly ReadPaint[] {
  return paintsOf(layer).filter(({ imageHash }) => !pictures.some(({ hash }) => hash === imageHash));
}

/** A paint of one of the pictures, visible where it is the chosen one; others stay as they are. */
function withVisible(
  paint: ReadPaint,
  pictures: readonly StoredPicture[],
  chosen: string | undefined,
): ReadPaint {
  if (!pictures.some(({ hash }) => hash === paint.imageHash)) return paint;
  return { ...paint, visible: paint.imageHash === chosen };
}

function paintOf(imageHash: string, place: FillPlan['place'], visible: boolean) {
  const common = { type: 'IMAGE', imageHash, visible } as const;
  return place === null
    ? ({ ...common, scaleMode: 'FILL' } as const)
    : ({ ...common, scaleMode: 'CROP', imageTransform: place } as const);
}
