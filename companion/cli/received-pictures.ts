/**
 * receivedPictures: the pictures that a command line stands for, received as references. Each is decoded once, also where it
 * had to be tried first, and what is not used is said.
 */

import { type ReferenceImage, receiveReference } from '../images/reference-image.ts';
import { readResolution } from '../pipeline/loaded-model.ts';
import { choosePictures, showLeftOut } from './picture-choice.ts';
import type { Output } from './terminal/output.ts';

/** The engine's limit: importing it from there would load onnxruntime for `--help`. */
const MAX_PICTURES = 32;

/**
 * @param model folder of the base model, for whose pictures findings are
 * @throws LikenessError `input`, `image-*` for a picture that was named itself, `checkpoint-*`
 */
export async function receivedPictures(
  model: string,
  paths: readonly string[],
  output: Output,
): Promise<readonly ReferenceImage[]> {
  const resolution = await readResolution(model);
  const received = new Map<string, Promise<ReferenceImage>>();
  const receive = (file: string): Promise<ReferenceImage> => {
    const reference = received.get(file) ?? receiveReference(file, { resolution });
    received.set(file, reference);
    return reference;
  };
  const chosen = await choosePictures(paths, {
    maximum: MAX_PICTURES,
    tryPicture: receive,
    whenLeftOut: (left) => showLeftOut(left, output),
  });
  return inOrder(chosen, receive);
}

/** One after the other, so that of several that are no use the first is told. */
async function inOrder(
  files: readonly string[],
  receive: (file: string) => Promise<ReferenceImage>,
): Promise<readonly ReferenceImage[]> {
  const references: ReferenceImage[] = [];
  for (const file of files) references.push(await receive(file));
  return references;
}
