/**
 * frameFindings: advice on a frame before it is taught, each finding a measurement against a stated limit. The panel
 * measures the frame's thumbnail while it is selected, the companion the frame itself before it teaches; the rules are
 * the same. Findings advise; only `empty` and `unreadable` make a frame useless.
 */

type FindingCode =
  | 'unreadable' // cannot be exported
  | 'empty' // nothing visible
  | 'low-contrast' // the product is nearly one tone
  | 'too-small' // the product would be enlarged for the model
  | 'at-border' // a cut-out that the frame cuts off
  | 'blurred' // no edge is crisp
  | 'colours' // its colours are told in a way that cannot be followed
  | 'small-frame' // small on the canvas, where what it shows may be a drawing
  | 'own-background'; // opaque: product and background cannot be told apart

export interface FrameFinding {
  readonly code: FindingCode;
  /** `problem`: hurts what is learned. `hint`: would be better otherwise. */
  readonly severity: 'problem' | 'hint';
  /** For a designer: the fault, and what to do about it. */
  readonly advice: string;
}

/** Reason for which a picture's colours may not be what its maker saw. */
export type ColourNote =
  | 'profile' // the ICC profile is damaged, or one for other colours
  | 'unknown' // it names a colour space that is none of the known ones
  | 'cmyk' // colours for print without a profile
  | 'hdr'; // brighter than white

/** Measurements of a frame; nothing is found where one is absent. */
export interface FrameMeasures {
  readonly isUnreadable?: boolean;
  readonly cutout?: Cutout;
  /** The edge of its frame that cuts a cut-out's product off. */
  readonly cutOffAt?: string | undefined;
  /** Standard deviation of the product's luminance, 0..255. */
  readonly contrast?: number;
  /** Steepest edges (99.5th percentile of the step between neighbours) over the tonal range, 0..1. */
  readonly steepness?: number;
  /** Side of the square that the model would be taught from, in pixels of the frame's export. */
  readonly productSide?: number;
  readonly colours?: ColourNote | undefined;
  /** Longest side of the frame in canvas pixels. */
  readonly canvasSide?: number;
  /** Side of the model's picture in image pixels. */
  readonly resolution?: number | undefined;
}

/** Enlarging by more than a third shows: edges that the model learns as soft. */
const MAX_ENLARGEMENT = 4 / 3;

/** Standard deviation of luminance: plain matte products have 10 to 20, a silhouette 0 to 4. */
const MIN_CONTRAST = 5;

/** Measured on 14 product photos of 1280 to 1440 px: 0.27 to 0.62 as they are, 0.06 to 0.11 behind a blur of 20 px. */
const MIN_EDGE_STEEPNESS = 0.15;

const COLOUR_REASONS: Readonly<Record<ColourNote, string>> = {
  profile: 'its colour profile cannot be used',
  unknown: 'it names a colour space that is not known',
  cmyk: 'it has colours for print and no profile',
  hdr: 'it is brighter than white in places (HDR)',
};

/** Problems first, the one that matters most before all; empty for a good frame. */
export function frameFindings(measures: FrameMeasures): readonly FrameFinding[] {
  const { isUnreadable, cutout, cutOffAt, resolution = 0 } = measures;
  const {
    contrast = Infinity,
    steepness = Infinity,
    productSide = Infinity,
    canvasSide = Infinity,
  } = measures;
  if (isUnreadable) return [problem('unreadable', 'This frame cannot be exported. Leave it out.')];
  if (cutout === 'empty') {
    return [problem('empty', 'Nothing is visible in this frame. Show its layers, or leave it out.')];
  }
  const findings: FrameFinding[] = [];
  if (contrast < MIN_CONTRAST) {
    findings.push(
      problem('low-contrast', 'The product is nearly one tone. Use a picture with light and shade.'),
    );
  }
  if (productSide * MAX_ENLARGEMENT < resolution) {
    const scale = Math.ceil((2 * resolution) / productSide) / 2;
    const remedy = `Crop closer or export at ${scale}x, so that ${resolution} px show real detail.`;
    findings.push(problem('too-small', `The product is small. ${remedy}`));
  }
  if (cutout === 'cut-out' && cutOffAt !== undefined) {
    const advice = `The product is cut off at the ${cutOffAt}. Enlarge the frame around it.`;
    findings.push(problem('at-border', advice));
  }
  if (contrast >= MIN_CONTRAST && steepness < MIN_EDGE_STEEPNESS) {
    const advice = 'The picture looks blurred. Use a sharper one, or a larger export.';
    // A cut-out shows nothing but the product, which may well be smooth.
    findings.push(cutout === 'cut-out' ? hint('blurred', advice) : problem('blurred', advice));
  }
  if (measures.colours !== undefined) {
    const reason = COLOUR_REASONS[measures.colours];
    findings.push(hint('colours', `The colours may be off: ${reason}. Export the picture in sRGB.`));
  }
  if (canvasSide * MAX_ENLARGEMENT < resolution) {
    const advice = `Photos in it are enlarged to ${resolution} px: use larger ones. Drawings may stay as they are.`;
    findings.push(hint('small-frame', advice));
  }
  if (cutout === 'opaque') {
    const reason = 'then only the product is learned, and found again in new pictures.';
    findings.push(hint('own-background', `Remove the background: ${reason}`));
  }
  return findings;
}

function problem(code: FindingCode, advice: string): FrameFinding {
  return { code, severity: 'problem', advice };
}

function hint(code: FindingCode, advice: string): FrameFinding {
  return { code, severity: 'hint', advice };
}

export interface AlphaPlane {
  readonly width: number;
  readonly height: number;
  /** [height * width], 0..255. */
  readonly alpha: Uint8Array;
}

/** Half covered or more counts as product; a soft shadow (below half) does not widen the crop. */
export const OBJECT_ALPHA = 128;

const CLEAR_ALPHA = 16;

/** Rounded corners of a frame clear about 1 % of it; a product without its background clears far more. */
const MIN_CLEAR_SHARE = 0.02;

/** Fewer pixels than this are dust, not a product. */
const MIN_OBJECT_SHARE = 0.002;

/** A cut-out that fills this share of one edge of its picture was cut off there, rather than touching it. */
const CUT_OFF_SHARE = 0.04;

/** By its alpha a frame shows a product on its background, a product without it, or nothing. */
export type Cutout = 'opaque' | 'cut-out' | 'empty';

/** @param alpha [height * width], 0 clear to 255 */
export function cutoutKind({ alpha }: Pick<AlphaPlane, 'alpha'>): Cutout {
  let clear = 0;
  let object = 0;
  for (const value of alpha) {
    if (value < CLEAR_ALPHA) clear++;
    else if (value >= OBJECT_ALPHA) object++;
  }
  if (object < MIN_OBJECT_SHARE * alpha.length) return 'empty';
  return clear >= MIN_CLEAR_SHARE * alpha.length ? 'cut-out' : 'opaque';
}

/** The edge of the picture that cuts a cut-out's product off, if one does. */
export function cutOffEdge({ width, height, alpha }: AlphaPlane): string | undefined {
  const share = (length: number, at: (index: number) => number): number => {
    let covered = 0;
    for (let index = 0; index < length; index++) if (alpha[at(index)]! >= OBJECT_ALPHA) covered++;
    return covered / length;
  };
  const edges: readonly (readonly [name: string, share: number])[] = [
    ['left', share(height, (y) => y * width)],
    ['top', share(width, (x) => x)],
    ['right', share(height, (y) => y * width + width - 1)],
    ['bottom', share(width, (x) => (height - 1) * width + x)],
  ];
  return edges.find(([, covered]) => covered >= CUT_OFF_SHARE)?.[0];
}

/** 0..255, by Rec. 709 weights on sRGB values: near enough to what the eye compares. */
export function luminance(red: number, green: number, blue: number): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
