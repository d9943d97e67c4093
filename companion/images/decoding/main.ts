/**
 * The decoder's process: one picture at a time. It ends by force, with the process that it decodes for and
 * when a picture takes more than its size explains (Watch).
 */

import sharp from 'sharp';
import { errorRecord } from '../../../shared/errors.ts';
import { systemFault } from '../../storage/system-fault.ts';
import { inspectFrame } from '../references/frame-findings.ts';
import { downscaledReference } from '../references/reference-frame.ts';
import type { Decoded, DecodeJob, FromDecoder, ToDecoder } from './messages.ts';
import { allowPictureLoadersOnly, decodeFile } from './picture-decoder.ts';
import { endNow, Watch } from './watch.ts';

/** A working copy is also what a concept's thumbnail is made from, which has 256 px. */
const MIN_WORKING_RESOLUTION = 128;

// Nothing comes twice, and a cache would only hold memory. One thread a picture: others are decoded beside it.
sharp.cache(false);
sharp.concurrency(1);
allowPictureLoadersOnly();

process.on('message', ({ job }: ToDecoder) => void work(job));
// Ctrl-C reaches every process of a terminal. What becomes of a picture then is decided by whoever asked for it.
process.on('SIGINT', () => {});
// The companion has ended. process.exit would wait for libvips.
process.on('disconnect', () => endNow());

/** One job, from its message to its answer. The pool sends the next after that. */
async function work(job: DecodeJob): Promise<void> {
  tell({ type: 'begun' });
  const watch = new Watch(job.bytes.byteLength);
  let answer: FromDecoder;
  try {
    const decoded = await decode(job, (pixels) => watch.allowPixels(pixels));
    answer = { type: 'decoded', decoded, rssBytes: process.memoryUsage.rss() };
  } catch (error) {
    answer = {
      type: 'failed',
      failure: errorRecord(systemFault(error)),
      rssBytes: process.memoryUsage.rss(),
    };
  } finally {
    watch.stop();
  }
  tell(answer);
}

/** The picture; where it is a frame to learn from, also what is to be said of it, and as small as teaching can use it. */
async function decode(job: DecodeJob, whenKnown: (pixels: number) => void): Promise<Decoded> {
  const { resolution, isReduced } = job;
  const { picture, note } = await decodeFile(job, whenKnown);
  if (resolution === undefined) return { picture, findings: [] };
  const findings = await inspectFrame(picture, resolution, note);
  const isEmpty = findings.some(({ code }) => code === 'empty');
  const size = Math.max(resolution, MIN_WORKING_RESOLUTION);
  return { picture: isReduced && !isEmpty ? await downscaledReference(picture, size) : picture, findings };
}

/** Without a companion there is nobody to tell: `disconnect` ends this process. */
function tell(message: FromDecoder): void {
  if (process.connected) process.send!(message);
}
