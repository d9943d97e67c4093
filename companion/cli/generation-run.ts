/** runOnTerminal: a generation for a command: its folder is tried first, Ctrl-C ends it well, and its events are told. */

import { LikenessError } from '../../shared/errors.ts';
import type { LocalGenerateEvent } from '../engine/events.ts';
import type { GenerateRequest } from '../engine/requests.ts';
import { USER_MODES } from '../storage/atomic-file.ts';
import { OutputFolder } from './output-folder.ts';
import { Interruption } from './terminal/interruption.ts';
import type { JsonEvent, Output } from './terminal/output.ts';

/** In the folder where the command was given, so that pictures are found where one works. */
export const DEFAULT_OUT = 'likeness-pictures';

interface RunFlags {
  readonly out: string;
  /** Draw the pictures in the making, where the terminal can. */
  readonly preview: boolean;
}

/** @throws LikenessError as `generate` */
export async function runOnTerminal(
  request: GenerateRequest,
  flags: RunFlags,
  output: Output,
): Promise<void> {
  // Loaded here, since onnxruntime and sharp would make `--help` wait.
  const { GenerateReport } = await import('./terminal/generate-report.ts');
  const { generate } = await import('../engine/generation/generate.ts');
  const folder = await OutputFolder.claim(flags.out, USER_MODES);
  const report = new GenerateReport(output, { seed: request.seed, preview: flags.preview });
  const interruption = new Interruption(output, () => report.showStopping());
  try {
    for await (const event of generate({ ...request, signal: interruption.signal })) {
      output.event(jsonEvent(event));
      await report.show(event);
    }
  } catch (error) {
    if (!(error instanceof LikenessError && error.code === 'cancelled')) throw error;
    const done = `stopped after ${report.made} of ${request.count} pictures`;
    throw new LikenessError('cancelled', done, { cause: error });
  } finally {
    report.close();
    interruption.dispose();
    await folder.abandon();
  }
}

/**
 * A line of JSON: pictures stand as their files, masks without their values. A preview of 64 KB a step would bury
 * everything else, so it is left out.
 */
function jsonEvent(event: LocalGenerateEvent): JsonEvent {
  if (event.type === 'step') {
    const { preview: _, ...rest } = event;
    return rest;
  }
  if (event.type === 'picture') {
    const { image: _, png: __, masks, product, ...rest } = event;
    const layers = product?.layers.map(({ png: _, ...layer }) => layer);
    return {
      ...rest,
      masks: masks.map(({ values: _, ...mask }) => mask),
      ...(product && { product: { ...product, layers } }),
    };
  }
  return event;
}
