/** A network of the test's own that removes backgrounds: what is redder than green is product. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Graph } from '../../companion/graph/graph.ts';
import { add, div, mul, slice, sub } from '../../companion/graph/ops/index.ts';
import type { Value } from '../../companion/graph/value.ts';
import { type Picture, picture } from '../../companion/images/picture.ts';
import { encodeModel } from '../../companion/onnx/model.ts';
import { ProtobufMessage } from '../../companion/onnx/protobuf.ts';

const SIDE = 64;

export type Answer = 'logits' | 'shares' | 'no numbers' | 'three maps';

/** Bytes of the ONNX file: [1, 3, 64, 64] to [1, 1, 64, 64]. */
export function networkBytes(answer: Answer = 'logits'): Uint8Array {
  const graph = new Graph('matting');
  const x = graph.input('x', [1, 3, SIDE, SIDE]);
  const redness = sub(slice(x, 1, 0, 1), slice(x, 1, 1, 2));
  const out: Readonly<Record<Answer, () => ReturnType<typeof mul>>> = {
    logits: () => mul(redness, 40),
    // 0 or 1 at full red or green, in values of -0.5..0.5.
    shares: () => mul(sub(redness, -1), 0.5),
    'no numbers': () => div(sub(redness, redness), sub(redness, redness)),
    'three maps': () => x,
  };
  graph.output('alpha', out[answer]());
  return encodeModel(graph, () => {
    throw new Error('it has no weights');
  });
}

/** Side of its pictures, in pixels: fine enough for an edge that is looked at. */
const VIVID_SIDE = 256;

/** Bytes of an ONNX file that takes strong colours for the product, on a background of greys. */
export function vividNetworkBytes(): Uint8Array {
  const graph = new Graph('matting');
  const x = graph.input('x', [1, 3, VIVID_SIDE, VIVID_SIDE]);
  const [red, green, blue] = [0, 1, 2].map((at) => slice(x, 1, at, at + 1)) as [Value, Value, Value];
  const apart = (one: Value, other: Value) => mul(sub(one, other), sub(one, other));
  const colour = add(add(apart(red, green), apart(green, blue)), apart(blue, red));
  graph.output('alpha', mul(sub(colour, 0.06), 150));
  return encodeModel(graph, () => {
    throw new Error('it has no weights');
  });
}

/**
 * Bytes of an ONNX file whose network does not end: a loop of 2^53 rounds, in the opset that loops have had the longest.
 * [1, 3, 64, 64] to [1, 3, 64, 64]
 */
export function endlessNetworkBytes(): Uint8Array {
  const proto = () => new ProtobufMessage();
  const typed = (name: string, type: number, sizes: readonly number[]) => {
    const shape = proto();
    for (const size of sizes) shape.message(1, proto().int(1, size));
    return proto()
      .string(1, name)
      .message(2, proto().message(1, proto().int(1, type).message(2, shape)));
  };
  const identity = (from: string, to: string) => proto().string(1, from).string(2, to).string(4, 'Identity');
  const [FLOAT, INT64, BOOL] = [1, 7, 9];
  const picture = [1, 3, SIDE, SIDE];
  const body = proto()
    .message(1, identity('go', 'goes'))
    .message(1, identity('turn', 'turned'))
    .string(2, 'body')
    .message(11, typed('round', INT64, []))
    .message(11, typed('go', BOOL, []))
    .message(11, typed('turn', FLOAT, picture))
    .message(12, typed('goes', BOOL, []))
    .message(12, typed('turned', FLOAT, picture));
  const loop = proto().string(1, 'rounds').string(1, 'true').string(1, 'x').string(2, 'alpha');
  loop.string(4, 'Loop').message(5, proto().string(1, 'body').message(6, body).int(20, 5));
  const graph = proto()
    .message(1, loop)
    .string(2, 'endless')
    .message(5, proto().int(2, INT64).int(7, Number.MAX_SAFE_INTEGER).string(8, 'rounds'))
    .message(5, proto().int(2, BOOL).int(5, 1).string(8, 'true'))
    .message(11, typed('x', FLOAT, picture))
    .message(12, typed('alpha', FLOAT, picture));
  const model = proto().int(1, 8).message(7, graph).message(8, proto().int(2, 13));
  return new Uint8Array(model.finish());
}

/** Makes a folder as a pull makes it. */
export async function writeNetwork(folder: string, answer?: Answer): Promise<void> {
  await mkdir(join(folder, 'onnx'), { recursive: true });
  await writeFile(join(folder, 'onnx/model.onnx'), networkBytes(answer));
  const settings = { image_mean: [0.5, 0.5, 0.5], image_std: [1, 1, 1], size: { width: SIDE, height: SIDE } };
  await writeFile(join(folder, 'preprocessor_config.json'), JSON.stringify(settings));
}

/** A red disc on green, its edge mixed over four pixels. @param radius of the whole, 0..1; 0 for no disc */
export function discOnGreen(width: number, height: number, radius = 0.3): Picture {
  const data = new Uint8Array(width * height * 3);
  const side = Math.min(width, height);
  for (let at = 0; at < width * height; at++) {
    const distance = Math.hypot((at % width) - width / 2, Math.floor(at / width) - height / 2);
    const share = Math.min(1, Math.max(0, (radius * side - distance) / 4 + 0.5));
    data.set([255 * share, 255 * (1 - share), 0].map(Math.round), at * 3);
  }
  return picture(width, height, 3, data);
}
