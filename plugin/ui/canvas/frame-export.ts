/** exportedFrames: frames of the canvas as PNGs, asked of the main thread. */

import type { ErrorReport } from '../../../shared/protocol/zod.ts';
import type { ExportFault } from '../../layout-messages.ts';
import type { FailedExport } from '../../messages.ts';
import { newImageId } from '../work/drafts.ts';
import type { CanvasBridge } from './bridge.ts';

/** The canvas ends each export within two minutes; silence for longer means that its half of the plugin is gone. */
const CANVAS_MS = 150_000;

export interface ExportedFrame {
  readonly nodeId: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Frames as PNGs, in the order asked for, and those that the canvas could not render. Where the canvas falls silent, what
 * it did not answer failed.
 */
export function exportedFrames(
  bridge: CanvasBridge,
  nodeIds: readonly string[],
  longestSide: number,
): Promise<{ readonly frames: readonly ExportedFrame[]; readonly failed: readonly FailedExport[] }> {
  const exportId = newImageId();
  return new Promise((resolve) => {
    const frames: ExportedFrame[] = [];
    const end = (failed: readonly FailedExport[]) => {
      clearTimeout(silence);
      stop();
      resolve({ frames, failed });
    };
    const endInSilence = () => {
      const answered = frames.map(({ nodeId }) => nodeId);
      const missing = nodeIds.filter((nodeId) => !answered.includes(nodeId));
      end(missing.map((nodeId) => ({ nodeId, name: '', fault: 'slow' })));
    };
    let silence = setTimeout(endInSilence, CANVAS_MS);
    const stop = bridge.listen((message) => {
      if (message.type === 'exported' && message.exportId === exportId) {
        frames.push({ nodeId: message.nodeId, name: message.name, bytes: message.bytes });
        clearTimeout(silence);
        silence = setTimeout(endInSilence, CANVAS_MS);
      } else if (message.type === 'export-done' && message.exportId === exportId) end(message.failed);
    });
    bridge.send({ type: 'export', exportId, nodeIds, longestSide });
  });
}

/** The report on frames that the canvas did not export, and their names. */
export function exportFailure(failed: readonly FailedExport[]): [report: ErrorReport, frame: string | null] {
  const [{ fault }] = failed as [FailedExport];
  const names = failed.map(({ name }) => name).filter((name) => name !== '');
  const report: ErrorReport = {
    code: 'image-format',
    message: `a frame could not be exported (${fault})`,
    advice: EXPORT_ADVICE[fault],
  };
  return [report, names.length === 0 ? null : names.join('”, “')];
}

const EXPORT_ADVICE: Readonly<Record<ExportFault, string>> = {
  gone: 'It was deleted meanwhile. Select the frames again.',
  empty: 'Nothing of it is visible. Show its layers, or leave it out, and try again.',
  slow: 'Its export did not end. Leave it out, or put a flattened copy in its place, and try again.',
  failed: 'Figma cannot export it. Leave it out, or put its picture into a new frame, and try again.',
};
