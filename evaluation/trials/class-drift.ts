/** Class drift of a concept: pictures of prompts that do not name it must not change by a bit. */

import type { Picture } from '../../companion/images/picture.ts';
import type { PictureMaker } from './picture-making.ts';

export interface ClassDrift {
  readonly product: string;
  /** A plain class prompt, such as "a mug on a beach". */
  readonly prompt: string;
  /** The picture made before the concept was used, and after it, with no concept loaded: the same bytes. */
  readonly isSameAfterUse: boolean;
  /** With the concept loaded but not named. */
  readonly isSameWhenLoaded: boolean;
}

export interface ClassDriftTrial {
  readonly name: string;
  readonly classWord: string;
  /** The concept file. */
  readonly concept: string;
  readonly placement: string;
  readonly seed: number;
}

/** @param make a maker that keeps no pictures: what is asked is what the engine does now */
export async function measureClassDrift(
  make: PictureMaker,
  { name, classWord, concept, placement, seed }: ClassDriftTrial,
): Promise<ClassDrift> {
  const prompt = `a ${classWord} ${placement}`;
  const plain = { label: `${name}-class`, prompt, seed, settings: {} };
  const before = await make(plain);
  await make({ ...plain, prompt: `a @${name} ${placement}`, concept });
  const after = await make(plain);
  const loaded = await make({ ...plain, concept });
  return {
    product: name,
    prompt,
    isSameAfterUse: isSame(before.picture, after.picture),
    isSameWhenLoaded: isSame(before.picture, loaded.picture),
  };
}

/** Pictures that {@link measureClassDrift} makes. */
export const DRIFT_PICTURES = 4;

function isSame(one: Picture, other: Picture): boolean {
  return Buffer.compare(one.data, other.data) === 0;
}
