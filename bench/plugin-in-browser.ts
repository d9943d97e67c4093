/** The plugin, measured in a browser by a process of its own: what runs there has the types of a page. */

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface LongestTask {
  readonly wallMs: number;
  /** Processor time: what the same task takes where nothing else wants the core. */
  readonly processorMs: number;
}

/** Processes of the plugin's two halves, and of the page around them. */
export type PluginThread = 'plugin UI' | 'plugin main thread' | 'studio page';

/** A figure a round. */
export interface PluginFigures {
  /** While four pictures of 1024 px are placed. */
  readonly placing: readonly Readonly<Record<PluginThread, LongestTask>>[];
  /** From the start of a run of the plugin to the first paint with content of its UI. */
  readonly firstPaintMs: readonly number[];
  /** From the message of the first denoising step to its preview on the canvas. */
  readonly previewMs: readonly number[];
}

const ENTRY = fileURLToPath(new URL('plugin/main.ts', import.meta.url));

export async function measurePlugin(rounds: number): Promise<PluginFigures> {
  const child = spawn(process.execPath, ['--import', 'tsx', ENTRY, String(rounds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const [output, code] = await Promise.all([text(child.stdout), exited]);
  if (code !== 0) throw new Error(`measuring the plugin ended with ${code ?? 'a signal'}`);
  return JSON.parse(output) as PluginFigures;
}
