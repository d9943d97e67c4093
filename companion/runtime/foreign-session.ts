/**
 * ForeignSession: a network of another maker, as an ONNX file, for a part of the work that Likeness has no graph for. One
 * picture in, one map out. It belongs into a process that may end: files of others can make onnxruntime abort.
 */

import './telemetry-off.ts';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { LikenessError } from '../../shared/errors.ts';
import { shortageFault } from '../storage/system-fault.ts';
import { float32ToHalf, halfToFloat32 } from '../tensor/half.ts';

export interface ForeignSessionOptions {
  /** Default: all that the system lets this process use. */
  readonly threads?: number;
  /** Called after each run, with the milliseconds that it took. */
  readonly whenRun?: (milliseconds: number) => void;
}

/** Side of a picture that a network takes, in pixels: known ones take 1024, and memory is made for what one asks for. */
const SIDE_MAX = 4096;

interface WantedOutput {
  readonly fits: (length: number) => boolean;
  readonly words: string;
  readonly advice: string;
}

function mapOf(height: number, width: number): WantedOutput {
  return {
    fits: (length) => length === height * width,
    words: `a map of ${height} x ${width}`,
    advice: 'Choose a network that removes backgrounds.',
  };
}

export class ForeignSession {
  readonly #inference: InferenceSession;
  readonly #whenRun: (milliseconds: number) => void;

  private constructor(inference: InferenceSession, { whenRun = () => {} }: ForeignSessionOptions) {
    this.#inference = inference;
    this.#whenRun = whenRun;
  }

  /** @throws LikenessError `checkpoint-format` for what onnxruntime does not take */
  static async open(file: string, options: ForeignSessionOptions = {}): Promise<ForeignSession> {
    const { threads } = options;
    const creation = InferenceSession.create(file, {
      executionProviders: ['cpu'],
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      // With a pattern or an arena, memory stays with the process after the picture.
      enableMemPattern: false,
      enableCpuMemArena: false,
      logSeverityLevel: 4,
    });
    const inference = await creation.catch((cause: unknown) => {
      throw (
        shortageFault(cause) ??
        new LikenessError('checkpoint-format', `${file}: onnxruntime cannot open it`, {
          advice: 'Fetch it again, or choose another one.',
          cause,
        })
      );
    });
    const session = new ForeignSession(inference, options);
    const { height = 1, width = 1 } = session.size ?? {};
    if (Math.max(height, width) <= SIDE_MAX) return session;
    throw new LikenessError(
      'checkpoint-unsupported',
      `${file}: it takes pictures of ${width} x ${height}, expected at most ${SIDE_MAX} a side`,
      { advice: 'Choose another one.' },
    );
  }

  /** Height and width that it is made for; undefined where it takes any. */
  get size(): { readonly height: number; readonly width: number } | undefined {
    const [input] = this.#inference.inputMetadata;
    const [, , height, width] = input?.isTensor ? input.shape : [];
    return typeof height === 'number' && typeof width === 'number' && height > 0 && width > 0
      ? { height, width }
      : undefined;
  }

  /**
   * @param values [3, height, width]
   * @param wanted of an output, by its number of values; default: a map of height x width
   * @returns the first output of that kind
   * @throws LikenessError `checkpoint-unsupported` where it takes or gives something else
   */
  async run(
    values: Float32Array,
    height: number,
    width: number,
    wanted: WantedOutput = mapOf(height, width),
  ): Promise<Float32Array> {
    const [name] = this.#inference.inputNames;
    const [input] = this.#inference.inputMetadata;
    const isHalf = input?.isTensor === true && input.type === 'float16';
    const tensor = isHalf
      ? new Tensor('float16', float32ToHalf(values), [1, 3, height, width])
      : new Tensor('float32', values, [1, 3, height, width]);
    const feeds = { [name!]: tensor };
    const begun = performance.now();
    const results = await this.#inference.run(feeds).catch((cause: unknown) => {
      throw (
        shortageFault(cause) ??
        new LikenessError('checkpoint-unsupported', `it does not take a picture of ${width} x ${height}`, {
          advice: 'Choose another one.',
          cause,
        })
      );
    });
    this.#whenRun(performance.now() - begun);
    for (const output of this.#inference.outputNames) {
      const { type, data } = results[output]!;
      if (!wanted.fits(data.length)) continue;
      if (type === 'float32') return data as Float32Array;
      if (type === 'float16') return halfNumbers(data as Uint16Array | Iterable<number>);
    }
    const shapes = this.#inference.outputNames.map((output) => `${output} [${results[output]!.dims}]`);
    throw new LikenessError(
      'checkpoint-unsupported',
      `it gives ${shapes.join(', ')}, expected ${wanted.words}`,
      { advice: wanted.advice },
    );
  }
}

/** Numbers of halves: their bits, or where Node.js has Float16Array, themselves. */
function halfNumbers(halves: Uint16Array | Iterable<number>): Float32Array {
  return halves instanceof Uint16Array ? halfToFloat32(halves) : Float32Array.from(halves);
}
