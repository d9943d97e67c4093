/**
 * Upscaling measured on the embedded model: pictures of its example products are reduced to a quarter and enlarged again, by
 * resampling alone and at several strengths, and the judge says how much the product is itself; steps over the borders of tiles
 * are held against those elsewhere.
 */

import type { Picture } from '../../companion/images/picture.ts';
import { resizePicture } from '../../companion/images/resize.ts';
import { drawContactSheet } from '../../companion/images/sheets/contact-sheet.ts';
import type { Judge } from '../judge/judge.ts';
import type { PictureMaker, PictureSpec } from './picture-making.ts';
import type { PlacedSubject } from './products-together.ts';

interface UpscalingRun {
  readonly make: PictureMaker;
  readonly judge: Judge;
}

const SCENES = ['on a beach', 'on grass'] as const;
const FACTOR = 4;
const STRENGTHS = [0, 0.2, 0.3, 0.4, 0.6] as const;
/** The one that the sheet shows. */
const USUAL = 0.3;

interface Arm {
  readonly label: string;
  readonly identities: number[];
  readonly errors: number[];
}

/** @returns rows of a table: arm, pictures, identity, PSNR against the pictures as they were; and a sheet */
export async function measureUpscaling(
  run: UpscalingRun,
  subjects: readonly PlacedSubject[],
  seeds: number,
  say: (line: string) => void,
): Promise<{ readonly rows: readonly (readonly string[])[]; readonly sheet: Picture }> {
  const arm = (label: string): Arm => ({ label, identities: [], errors: [] });
  const original = arm('as it was');
  const arms = STRENGTHS.map((strength) => arm(strength === 0 ? 'resampled' : `strength ${strength}`));
  const shown: Picture[][] = [];
  for (const subject of subjects) {
    for (const scene of SCENES) {
      for (let seed = 1; seed <= seeds; seed++) {
        const prompt = `a @${subject.name} ${scene}`;
        const made = await one(run, subject, { prompt, seed });
        await judge(run, subject, original, made, made);
        const small = await resizePicture(made, made.width / FACTOR, made.height / FACTOR);
        const row: Picture[] = [];
        for (const [index, strength] of STRENGTHS.entries()) {
          const upscale = { picture: small, name: subject.name, factor: FACTOR, strength } as const;
          const larger = await one(run, subject, { prompt, seed, placing: { upscale } });
          await judge(run, subject, arms[index]!, larger, made);
          if (strength === 0 || strength === USUAL) row.push(larger);
        }
        if (seed === 1)
          shown.push([await resizePicture(small, made.width, made.height, 'blocks'), ...row, made]);
        say(`${prompt}, seed ${seed}`);
      }
    }
  }
  const rows = [original, ...arms].map(({ label, identities, errors }) => [
    label,
    `${identities.length}`,
    mean(identities).toFixed(3),
    label === original.label ? '' : `${(10 * Math.log10(255 ** 2 / mean(errors))).toFixed(1)} dB`,
  ]);
  const sheet = await drawContactSheet({
    title: 'Enlarged four times',
    subtitle: `Reduced to a quarter, then enlarged: resampled, and drawn over at strength ${USUAL} with the concept.`,
    rows: shown.map((pictures, index) => ({
      label: `@${subjects[Math.floor(index / SCENES.length)]!.name}`,
      note: SCENES[index % SCENES.length]!,
      pictures,
      captions: ['a quarter', 'resampled', `strength ${USUAL}`, 'as it was'],
    })),
  });
  return { rows, sheet };
}

async function one(
  { make }: UpscalingRun,
  { name, concept }: PlacedSubject,
  spec: Pick<PictureSpec, 'prompt' | 'seed' | 'placing'>,
): Promise<Picture> {
  return (await make({ label: name, concept, settings: {}, ...spec })).picture;
}

async function judge(
  run: UpscalingRun,
  { likeness }: PlacedSubject,
  arm: Arm,
  picture: Picture,
  original: Picture,
): Promise<void> {
  arm.identities.push(await likeness(picture, await run.judge.objectIn(picture)));
  const sum = picture.data.reduce((total, value, at) => total + (value - original.data[at]!) ** 2, 0);
  arm.errors.push(sum / picture.data.length);
}

/**
 * Mean step over borders of tiles, divided by that elsewhere, both of them by those of the resampled picture, whose own edges
 * lie on some of them: 1 where nothing is to be seen.
 */
export async function measureSeams(
  run: UpscalingRun,
  subject: PlacedSubject,
  seeds: number,
): Promise<number> {
  const ratios: number[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const prompt = `a @${subject.name} ${SCENES[0]}`;
    const made = await one(run, subject, { prompt, seed });
    const upscale = { picture: made, name: subject.name, factor: 2 } as const;
    const larger = await one(run, subject, { prompt, seed, placing: { upscale } });
    const flat = await resizePicture(made, larger.width, larger.height);
    // Tiles begin at a quarter and a half of the picture, and end at a half and three quarters.
    const borders = [1, 2, 3].map((part) => (part * larger.width) / 4);
    const elsewhere = Array.from({ length: larger.width - 2 }, (_, at) => at + 1).filter(
      (at) => !borders.some((border) => Math.abs(border - at) <= 1),
    );
    const over = (at: readonly number[]) => steps(larger, at) / steps(flat, at);
    ratios.push(over(borders) / over(elsewhere));
  }
  return mean(ratios);
}

function steps({ width, height, data }: Picture, at: readonly number[]): number {
  let sum = 0;
  for (const border of at) {
    for (let along = 0; along < 3 * Math.min(width, height); along++) {
      const [pixel, channel] = [Math.floor(along / 3), along % 3];
      const across = 3 * (pixel * width + border) + channel;
      const down = 3 * (border * width + pixel) + channel;
      sum += Math.abs(data[across]! - data[across - 3]!) + Math.abs(data[down]! - data[down - 3 * width]!);
    }
  }
  return sum / at.length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
