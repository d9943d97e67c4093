/**
 * Advice on a frame before it is taught. Each finding is a simple measurement against a stated limit, made on the
 * square that the model would be taught from. Findings advise; only `empty` makes a frame useless.
 */

import { cutOffEdge } from '../../shared/cutout.ts';
import { MAX_ENLARGEMENT, MIN_CONTRAST } from '../../shared/frame-limits.ts';
import { pictureCutoutKind } from './object-mask.ts';
import { alphaOf, type Picture } from './picture.ts';
import { productSquare, referenceFrame } from './reference-frame.ts';

type FindingCode =
  | 'empty' // nothing visible
  | 'too-small' // would be enlarged for the model
  | 'at-border' // a cut-out that the frame cuts off
  | 'low-contrast' // the product is nearly one tone
  | 'blurred' // no edge is crisp
  | 'own-background'; // opaque: product and background cannot be told apart

export interface FrameFinding {
  readonly code: FindingCode;
  /** `problem`: hurts what is learned. `hint`: would be better otherwise. */
  readonly severity: 'problem' | 'hint';
  /** One sentence for a designer: what is wrong and what to do. */
  readonly advice: string;
}

/** Frames are compared at one size, so that limits mean the same for all of them. */
const ANALYSIS_SIDE = 256;

/**
 * Steepest edges (99.5th percentile of the step between neighbours) over the tonal range. Measured on 14 product
 * photos of 1280 to 1440 px: 0.27 to 0.62 as they are, 0.06 to 0.11 behind a Gaussian blur of 20 px.
 */
const MIN_EDGE_STEEPNESS = 0.15;

/**
 * @param size side of the model's picture in pixels
 * @returns the problems first; empty where there is nothing to say
 */
export async function inspectFrame(source: Picture, size: number): Promise<readonly FrameFinding[]> {
  const kind = pictureCutoutKind(source);
  if (kind === 'empty') {
    return [problem('empty', 'Nothing is visible in this frame: show its layers, or leave it out.')];
  }
  const findings: FrameFinding[] = [];
  const { side } = productSquare(source);
  if (side * MAX_ENLARGEMENT < size) {
    const scale = Math.ceil((2 * size) / side) / 2;
    findings.push(
      problem(
        'too-small',
        `The product is small: crop closer or export at ${scale}x, so that ${size} px show real detail.`,
      ),
    );
  }
  const edge = kind === 'cut-out' ? cutOffEdge({ ...source, alpha: alphaOf(source) }) : undefined;
  if (edge) {
    findings.push(
      problem('at-border', `The product is cut off at the ${edge}: enlarge the frame around it.`),
    );
  }
  const { contrast, steepness } = measureTones(await analysisTones(source));
  if (contrast < MIN_CONTRAST) {
    findings.push(
      problem('low-contrast', 'The product is nearly one tone: use a picture with light and shade.'),
    );
  } else if (steepness < MIN_EDGE_STEEPNESS) {
    // A cut-out shows nothing but the product, which may well be smooth.
    const severity = kind === 'cut-out' ? 'hint' : 'problem';
    const advice = 'The picture looks blurred: use a sharper one, or a larger export.';
    findings.push({ code: 'blurred', severity, advice });
  }
  if (kind === 'opaque') {
    findings.push({
      code: 'own-background',
      severity: 'hint',
      advice: 'Remove the background: then only the product is learned, and found again in new pictures.',
    });
  }
  return findings;
}

/** Luminance 0..255 of the product's pixels on the analysis grid; NaN where there is background. */
interface Tones {
  readonly side: number;
  readonly values: Float32Array;
}

async function analysisTones(source: Picture): Promise<Tones> {
  const { picture } = await referenceFrame(source, ANALYSIS_SIDE);
  const values = new Float32Array(ANALYSIS_SIDE * ANALYSIS_SIDE);
  for (let pixel = 0; pixel < values.length; pixel++) {
    const offset = pixel * picture.channels;
    const [red, green, blue, alpha = 255] = picture.data.subarray(offset, offset + picture.channels);
    // Rec. 709 weights on sRGB values: near enough to what the eye compares.
    values[pixel] = alpha === 255 ? 0.2126 * red! + 0.7152 * green! + 0.0722 * blue! : Number.NaN;
  }
  return { side: ANALYSIS_SIDE, values };
}

function measureTones({ side, values }: Tones): { readonly contrast: number; readonly steepness: number } {
  const tones = values.filter((value) => !Number.isNaN(value)).sort();
  if (tones.length === 0) return { contrast: 0, steepness: 0 };
  const mean = tones.reduce((sum, value) => sum + value, 0) / tones.length;
  const variance = tones.reduce((sum, value) => sum + (value - mean) ** 2, 0) / tones.length;
  const steps = new Float32Array(values.length);
  for (let index = 0; index < values.length - side; index++) {
    const isRowEnd = index % side === side - 1;
    const across = isRowEnd ? 0 : Math.abs(values[index + 1]! - values[index]!);
    const down = Math.abs(values[index + side]! - values[index]!);
    steps[index] = Math.max(across || 0, down || 0); // NaN, next to the background, is no step
  }
  const inside = steps.filter((_, index) => !Number.isNaN(values[index]!)).sort();
  const range = Math.max(1, percentile(tones, 0.98) - percentile(tones, 0.02));
  return { contrast: Math.sqrt(variance), steepness: percentile(inside, 0.995) / range };
}

function percentile(sorted: Float32Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

function problem(code: FindingCode, advice: string): FrameFinding {
  return { code, severity: 'problem', advice };
}
