import type { LaunchCommand, UiToMain } from '../messages.ts';
import type { Bounds, CanvasNode, CanvasPage, FigmaSurface, Rectangle } from './figma-surface.ts';
import { isOfInstance } from './node-tree.ts';
import { around, besideAnchor, boxesOf, isInSight } from './row.ts';

/** Plugin data of a variant: how it was made, as JSON. Every collaborator can read it: no secrets. */
export const RECORD_KEY = 'variant';
/** Plugin data of a placeholder: the job and index it waits for. */
const SLOT_KEY = 'slot';
/** Plugin data of a mask's layer: the picture and the concept that it is of. */
const MASK_KEY = 'mask';
/** Figma refuses more in one entry of plugin data. */
const PLUGIN_DATA_BYTES = 100_000;
const GAP = 24;
/** Grey that reads as "empty" on light and dark canvases alike. */
const WAITING = { type: 'SOLID', color: { r: 0.55, g: 0.55, b: 0.58 }, opacity: 0.24 } as const;
const RELAUNCH: Readonly<Record<Exclude<LaunchCommand, 'open'>, string>> = {
  more: 'New pictures with the same prompt and settings',
  reprompt: 'Another prompt, from the same starting noise',
};

type OpenMessage = Extract<UiToMain, { type: 'open-batch' }>;
type MaskMessage = Extract<UiToMain, { type: 'mask' }>;
type RevealMessage = Extract<UiToMain, { type: 'reveal' }>;
type PictureMessage = Extract<UiToMain, { type: 'picture' }>;

/** The rows of pictures on the canvas that jobs are filling. */
export class VariantBatches {
  readonly #surface: FigmaSurface;
  readonly #rows = new Map<string, readonly Rectangle[]>();

  constructor(surface: FigmaSurface) {
    this.#surface = surface;
  }

  /** Lays out one placeholder a name beside the selection of a page. Returns how many there are. */
  async open({ jobId, names, width, height }: OpenMessage, page: CanvasPage): Promise<number> {
    await page.loadAsync();
    const taken = boxesOf(page.children);
    const first = besideAnchor(
      this.#anchor(page),
      { width, height },
      { count: names.length, gap: GAP },
      taken,
    );
    const row = names.map((name, index) => {
      const slot = this.#surface.createRectangle();
      slot.name = name;
      slot.resize(width, height);
      slot.x = first.x + index * (width + GAP);
      slot.y = first.y;
      slot.fills = [WAITING];
      slot.setPluginData(SLOT_KEY, `${jobId} ${index}`);
      page.appendChild(slot);
      return slot;
    });
    this.#rows.set(jobId, row);
    const { viewport } = this.#surface;
    // What the person looks at is only changed where the pictures would come unseen.
    const isShown = page.id === this.#surface.currentPage.id;
    if (isShown && !isInSight(viewport.bounds, row))
      viewport.scrollAndZoomIntoView([...page.selection, ...row]);
    return row.length;
  }

  /** Jobs that still have placeholders on this page. */
  left(): readonly string[] {
    return [...new Set(this.#slots().map(({ jobId }) => jobId))];
  }

  /** Takes up the placeholders of a job that a closed plugin left on this page. */
  find(jobId: string): number {
    const known = this.#rows.get(jobId);
    if (known !== undefined) return known.length;
    const row = this.#slots()
      .filter((slot) => slot.jobId === jobId)
      .map(({ node }) => node);
    if (row.length > 0) this.#rows.set(jobId, row);
    return row.length;
  }

  /** Fills a placeholder. Decoding happens in Figma, off this thread. */
  place({ jobId, index, kind, bytes, record }: PictureMessage): 'placed' | 'gone' | 'refused' {
    const slot = this.#rows.get(jobId)?.find((node) => isSlot(node, jobId, index));
    if (slot === undefined) return 'gone';
    try {
      const { hash } = this.#surface.createImage(bytes);
      slot.fills = [{ type: 'IMAGE', scaleMode: 'FILL', imageHash: hash } as const];
    } catch (error) {
      console.error('likeness: the canvas refused a picture', error);
      return 'refused';
    }
    if (kind === 'final') finish(slot, record);
    return 'placed';
  }

  /** Removes what never got a picture. Everything since the last batch becomes one step of undo. */
  close(jobId: string): void {
    const row = this.#rows.get(jobId) ?? [];
    this.#rows.delete(jobId);
    for (const slot of row) {
      if (!slot.removed && slot.getPluginData(SLOT_KEY) !== '') slot.remove();
    }
    this.#surface.commitUndo();
  }

  /** Lays a mask over each copy of its picture, in place of one that lies there; false where there is none. */
  placeMask({ jobId, index, concept, bytes, isLast }: MaskMessage): boolean {
    const { currentPage } = this.#surface;
    const mark = `${jobId} ${index} ${concept}`;
    for (const node of currentPage.findAllWithCriteria({ pluginData: { keys: [MASK_KEY] } }))
      if (node.getPluginData(MASK_KEY) === mark && !isOfInstance(node)) node.remove();
    const variants = this.#variantsOf(jobId, index);
    const { hash } = this.#surface.createImage(bytes);
    for (const { absoluteTransform, width, height, name } of variants) {
      const layer = this.#surface.createRectangle();
      layer.name = `Mask of @${concept} · ${name}`;
      layer.resize(width, height);
      layer.fills = [{ type: 'IMAGE', scaleMode: 'FILL', imageHash: hash }];
      layer.setPluginData(MASK_KEY, mark);
      currentPage.appendChild(layer);
      // The variant may lie in a frame by now, turned as that is.
      layer.relativeTransform = absoluteTransform;
    }
    if (isLast) this.#surface.commitUndo();
    return variants.length > 0;
  }

  /** Selects pictures of a job; false where there are none. */
  reveal({ jobId, index }: RevealMessage): boolean {
    const { currentPage, viewport } = this.#surface;
    const nodes = this.#variantsOf(jobId, index);
    if (nodes.length === 0) return false;
    currentPage.selection = nodes;
    const boxes = boxesOf(nodes);
    // One that is in sight is found by its outline; zooming in on it would lose the others.
    if (index === null || !isInSight(viewport.bounds, boxes)) viewport.scrollAndZoomIntoView(nodes);
    return true;
  }

  /** Without those that instances have of a component, which cannot be removed. */
  #slots(): readonly { readonly jobId: string; readonly node: Rectangle }[] {
    return this.#surface.currentPage
      .findAllWithCriteria({ pluginData: { keys: [SLOT_KEY] } })
      .filter((node) => node.type === 'RECTANGLE' && isUnfilledSlot(node) && !isOfInstance(node))
      .map((node) => ({ jobId: node.getPluginData(SLOT_KEY).split(' ')[0]!, node: node as Rectangle }));
  }

  /**
   * The box that the row stands beside: the selection's, or a point in view. More of a variant stand below its row,
   * beside what that row stood beside: rows of one product make a table, and no staircase.
   */
  #anchor(page: CanvasPage): Bounds {
    const selected = around(boxesOf(page.selection));
    if (selected === undefined) return { ...this.#surface.viewport.center, width: 0, height: 0 };
    const jobs = new Set(page.selection.map(jobOf));
    if (jobs.has(undefined)) return selected;
    const row = this.#variants(page).filter((node) => jobs.has(jobOf(node)));
    const { x, y, height } = around(boxesOf(row)) ?? selected;
    return { x, y: y + height + GAP, width: 0, height: 0 };
  }

  /** @param index of one picture; null for all of the job's */
  #variantsOf(jobId: string, index: number | null): readonly CanvasNode[] {
    // As records are written (ui/canvas/variant-record.ts): this side has no schema to parse them with.
    const mark = index === null ? `"job":"${jobId}"` : `"job":"${jobId}","picture":${index},`;
    const all = this.#variants(this.#surface.currentPage);
    return all.filter((node) => node.getPluginData(RECORD_KEY).includes(mark));
  }

  #variants(page: CanvasPage): readonly CanvasNode[] {
    return page.findAllWithCriteria({ pluginData: { keys: [RECORD_KEY] } });
  }
}

/** The job that a variant came from, as its record is written (ui/canvas/variant-record.ts). */
function jobOf(node: CanvasNode): string | undefined {
  return /"job":"([^"]+)"/.exec(node.getPluginData(RECORD_KEY))?.[1];
}

export function launchCommand(command: string | undefined): LaunchCommand {
  return command === 'more' || command === 'reprompt' ? command : 'open';
}

/** True for a placeholder that waits for its picture. */
export function isUnfilledSlot(node: CanvasNode): boolean {
  return node.getPluginData(SLOT_KEY) !== '';
}

function isSlot(node: CanvasNode, jobId: string, index: number): boolean {
  return !node.removed && node.getPluginData(SLOT_KEY) === `${jobId} ${index}`;
}

/** From a placeholder to a variant: how it was made, and the buttons that go on from it. */
function finish(slot: Rectangle, record: string | null): void {
  slot.setPluginData(SLOT_KEY, '');
  if (record === null) return;
  // UTF-8 needs at most three bytes for each UTF-16 unit. Schemas keep records far below; this is for what they miss.
  if (record.length * 3 <= PLUGIN_DATA_BYTES) slot.setPluginData(RECORD_KEY, record);
  slot.setRelaunchData({ ...RELAUNCH });
}
