/**
 * The studio's document as plain data: what is stored, sent between page and sandbox, and undone. Field names are
 * Figma's wherever Figma has the field, so that the API implementation hands them through.
 */

export interface Colour {
  /** 0 to 1, sRGB. */
  readonly r: number;
  readonly g: number;
  readonly b: number;
}

interface PaintBase {
  readonly visible?: boolean;
  readonly opacity?: number;
}

interface SolidPaint extends PaintBase {
  readonly type: 'SOLID';
  readonly color: Colour;
}

export type ScaleMode = 'FILL' | 'FIT' | 'CROP' | 'TILE';

export interface PicturePaint extends PaintBase {
  readonly type: 'IMAGE';
  readonly scaleMode: ScaleMode;
  readonly imageHash: string | null;
  /** With CROP: from the node's unit square to the picture's, rows a c e and b d f. Without it all of the picture. */
  readonly imageTransform?: PictureTransform;
}

export type PictureTransform = readonly [
  readonly [number, number, number],
  readonly [number, number, number],
];

export type Paint = SolidPaint | PicturePaint;

/** Those that the studio draws, of Figma's. */
export const BLEND_MODES = [
  'PASS_THROUGH',
  'NORMAL',
  'MULTIPLY',
  'SCREEN',
  'DARKEN',
  'LIGHTEN',
  'OVERLAY',
] as const;
export type BlendMode = (typeof BLEND_MODES)[number];

export type NodeType = 'DOCUMENT' | 'PAGE' | 'FRAME' | 'RECTANGLE' | 'TEXT';

/** Layers that are made. */
export type LayerType = Exclude<NodeType, 'DOCUMENT' | 'PAGE'>;

/** Letters of a text layer, all of one kind. */
export interface Lettering {
  readonly characters: string;
  /** Canvas pixels. */
  readonly fontSize: number;
  readonly fontName: { readonly family: string; readonly style: string };
  readonly textAutoResize: 'NONE' | 'WIDTH_AND_HEIGHT' | 'HEIGHT' | 'TRUNCATE';
}

export interface NodeRecord {
  readonly id: string;
  readonly type: NodeType;
  readonly name: string;
  readonly parentId: string | null;
  /** Position among its siblings; larger is drawn later. Fractions leave room between two. */
  readonly order: number;
  /** Canvas pixels, relative to the parent. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Degrees against the clock, about the top left, as Figma has it; documents of before have none. */
  readonly rotation?: number;
  readonly fills: readonly Paint[];
  readonly strokes: readonly Paint[];
  readonly strokeWeight: number;
  readonly dashPattern: readonly number[];
  readonly cornerRadius: number;
  readonly opacity: number;
  /** NORMAL where it is left out, as in documents of before. */
  readonly blendMode?: BlendMode;
  readonly visible: boolean;
  readonly locked: boolean;
  readonly clipsContent: boolean;
  /** Text layers alone have it. */
  readonly lettering?: Lettering;
  /** Plugin data by key; shared data by `namespace/key`. */
  readonly pluginData: Readonly<Record<string, string>>;
  readonly sharedPluginData: Readonly<Record<string, string>>;
  /** Command to description. */
  readonly relaunch: Readonly<Record<string, string>>;
}

export const DOCUMENT_ID = '0:0';
/** A studio document has one page: more would only hide frames from the person. */
export const PAGE_ID = '0:1';

const blank = {
  order: 0,
  x: 0,
  y: 0,
  fills: [],
  strokes: [],
  strokeWeight: 1,
  dashPattern: [],
  cornerRadius: 0,
  opacity: 1,
  visible: true,
  locked: false,
  clipsContent: false,
  pluginData: {},
  sharedPluginData: {},
  relaunch: {},
} as const;

const LETTERING: Lettering = {
  characters: '',
  fontSize: 12,
  fontName: { family: 'Inter', style: 'Regular' },
  textAutoResize: 'WIDTH_AND_HEIGHT',
};

const NAMES: Readonly<Record<LayerType, string>> = { FRAME: 'Frame', RECTANGLE: 'Rectangle', TEXT: 'Text' };
const GREYS: Readonly<Record<LayerType, number>> = { FRAME: 1, RECTANGLE: 0.85, TEXT: 0 };

/** A new node as Figma makes it: 100 by 100, a frame white and clipping, a rectangle grey, a text black and empty. */
export function newNode(id: string, type: LayerType, order: number): NodeRecord {
  const grey = GREYS[type];
  return {
    ...blank,
    id,
    type,
    name: NAMES[type],
    parentId: PAGE_ID,
    order,
    width: 100,
    height: 100,
    fills: [{ type: 'SOLID', color: { r: grey, g: grey, b: grey } }],
    clipsContent: type === 'FRAME',
    ...(type === 'TEXT' && { lettering: LETTERING }),
  };
}

/** The nodes of an empty document. */
export function emptyDocument(name: string): readonly NodeRecord[] {
  return [
    { ...blank, id: DOCUMENT_ID, type: 'DOCUMENT', name, parentId: null, width: 0, height: 0 },
    { ...blank, id: PAGE_ID, type: 'PAGE', name: 'Page 1', parentId: DOCUMENT_ID, width: 0, height: 0 },
  ];
}
