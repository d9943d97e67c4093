/**
 * All of Figma's plugin API that the main thread uses. Figma's own `figma` satisfies it (main.ts would not compile
 * otherwise), and so does the studio's canvas. Nothing else in `plugin/main` names the global.
 */

import type { Affine } from '../../shared/affine.ts';

export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface CanvasParent {
  readonly id: string;
  readonly type: string;
  readonly parent: CanvasParent | null;
}

/** A parent of layers: a frame, a group, a section or a page; a page has no box. */
export interface CanvasContainer extends CanvasParent {
  readonly children: readonly { readonly id: string }[];
  readonly absoluteBoundingBox?: Bounds | null;
  readonly absoluteTransform?: Affine;
  /** NONE, or the direction in which a frame lays its layers out by itself. */
  readonly layoutMode?: string;
  /** The first layer in a frame with such a layout is the one in front. */
  readonly itemReverseZIndex?: boolean;
  /** Puts a layer before the one that is at `index`, from the bottom. */
  insertChild(index: number, node: CanvasNode): void;
}

export interface CanvasNode {
  readonly id: string;
  readonly type: string;
  name: string;
  /** Set once the designer deleted it; every other property throws from then on. */
  readonly removed: boolean;
  readonly locked: boolean;
  readonly visible: boolean;
  /** Seen in what lies over it alone. */
  readonly isMask?: boolean;
  readonly parent: CanvasParent | null;
  x: number;
  y: number;
  readonly width: number;
  readonly height: number;
  /** As it lies on the page, turned; width and height are those before it was turned. */
  readonly absoluteBoundingBox: Bounds | null;
  /** From its own pixels to the page's. */
  readonly absoluteTransform: Affine;
  /** From its own pixels to those of the frame that it lies in, which is none of the groups around it. */
  relativeTransform: Affine;
  /** With strokes, shadows and children outside of it; null where nothing of it is visible. */
  readonly absoluteRenderBounds?: Bounds | null;
  exportAsync(settings: PngExport): Promise<Uint8Array>;
  getPluginData(key: string): string;
  setPluginData(key: string, value: string): void;
  setRelaunchData(data: { [command: string]: string }): void;
  remove(): void;
}

export interface PngExport {
  readonly format: 'PNG';
  readonly colorProfile: 'SRGB';
  readonly constraint: { readonly type: 'WIDTH' | 'HEIGHT'; readonly value: number };
}

interface SolidFill {
  readonly type: 'SOLID';
  readonly color: { readonly r: number; readonly g: number; readonly b: number };
  readonly opacity?: number;
}

interface ImageFill {
  readonly type: 'IMAGE';
  /** CROP: the part of the picture that `imageTransform` leads to, from the layer's unit square to the picture's. */
  readonly scaleMode: 'FILL' | 'CROP';
  readonly imageHash: string;
  readonly imageTransform?: Affine;
  readonly visible?: boolean;
}

/** Written as one of the first two, or as it was read. */
export type Fills = readonly (SolidFill | ImageFill | { readonly type: string })[];

export interface Rectangle extends CanvasNode {
  /** A symbol where parts of the layer differ. */
  fills: Fills | symbol;
  /** Id of the style that the fills are from; empty for none, a symbol where parts differ. */
  readonly fillStyleId?: string | symbol;
  setFillStyleIdAsync?(styleId: string): Promise<void>;
  /** Patterns are taken by this call alone. */
  setFillsAsync?(fills: Fills): Promise<void>;
  resize(width: number, height: number): void;
  /** ABSOLUTE: out of the layout of a frame that lays its layers out. Set once it lies in such a frame. */
  layoutPositioning?: 'AUTO' | 'ABSOLUTE';
  /** As Figma names them: NORMAL, MULTIPLY. */
  blendMode: string;
  opacity: number;
}

export interface Frame extends Rectangle {
  appendChild(node: CanvasNode): void;
}

interface FontName {
  readonly family: string;
  readonly style: string;
}

interface TextLayer extends Rectangle {
  /** A symbol where letters differ. */
  fontName: FontName | symbol;
  fontSize: number | symbol;
  characters: string;
  textAutoResize: 'NONE' | 'WIDTH_AND_HEIGHT' | 'HEIGHT' | 'TRUNCATE';
}

export interface CanvasPage extends CanvasContainer {
  readonly removed: boolean;
  readonly children: readonly CanvasNode[];
  selection: readonly CanvasNode[];
  appendChild(node: CanvasNode): void;
  getPluginData(key: string): string;
  setPluginData(key: string, value: string): void;
  /** The children of a page that is not shown can be read after this. */
  loadAsync(): Promise<void>;
  /** Nodes of any depth that carry one of this plugin's keys. */
  findAllWithCriteria(criteria: { pluginData: { keys: string[] } }): CanvasNode[];
}

export interface FigmaSurface {
  /** The relaunch button that started this run; empty or missing for a plain start. */
  readonly command: string;
  /** The kind of the file and its editor: figma, figjam, slides, buzz, dev. */
  readonly editorType: string;
  readonly currentPage: CanvasPage;
  readonly viewport: {
    readonly center: { readonly x: number; readonly y: number };
    /** The visible part of the canvas, in canvas pixels. */
    readonly bounds: Bounds;
    scrollAndZoomIntoView(nodes: readonly { readonly id: string }[]): void;
  };
  readonly clientStorage: {
    getAsync(key: string): Promise<unknown>;
    setAsync(key: string, value: unknown): Promise<void>;
    deleteAsync(key: string): Promise<void>;
    keysAsync(): Promise<string[]>;
  };
  readonly ui: {
    postMessage(message: unknown): void;
    on(type: 'message', callback: (message: unknown) => void): void;
  };
  /** Ends the plugin, with a notice. */
  closePlugin(message: string): void;
  showUI(html: string, options: { title: string; width: number; height: number; themeColors: true }): void;
  on(type: 'selectionchange' | 'currentpagechange', callback: () => void): void;
  getNodeByIdAsync(id: string): Promise<{ readonly id: string; readonly type: string } | null>;
  createRectangle(): Rectangle;
  createFrame(): Frame;
  /** Its font has to be loaded before it gets letters. */
  createText(): TextLayer;
  loadFontAsync(font: FontName): Promise<void>;
  /** PNG, JPEG or GIF of at most 4096 pixels a side; throws on anything else. */
  createImage(bytes: Uint8Array): { readonly hash: string };
  commitUndo(): void;
  notify(message: string, options?: { error?: boolean; timeout?: number }): unknown;
}
