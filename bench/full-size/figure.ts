/** Figure: one measurement of a whole model, in a process of its own, so that nothing before it is in its peak. */

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { withHugePages } from '../../companion/runtime/huge-pages.ts';

export interface Figure {
  /** `forward` without guidance, `guided` with it; `open` makes the denoiser's session and runs nothing. */
  readonly what: 'open' | 'forward' | 'guided' | 'picture' | 'teach';
  /** In pixels. */
  readonly side: number;
  /** Default 2. */
  readonly steps?: number;
  /** Of a picture. Default: the model's. */
  readonly guidanceScale?: number;
  /** True where the picture is decoded by the fast decoder. */
  readonly fast?: boolean;
  /** True where weights are packed before the passes, as those of a teaching or of many pictures are. */
  readonly packed?: boolean;
  /** True where everything was made ready before, as while a prompt is typed: the picture's time begins with the prompt. */
  readonly ready?: boolean;
}

export interface FigureResult {
  /** What took how long, in the order in which it happened. */
  readonly seconds: Readonly<Record<string, number>>;
  /** The most resident memory from the start of the process on. */
  readonly peakBytes: number;
  readonly anonymousBytes: number;
  readonly fileBytes: number;
}

export interface MeasuredModel {
  /** Folder or file of the model. */
  readonly model: string;
  readonly cacheFolder: string;
  readonly threads: number;
}

const ENTRY = fileURLToPath(new URL('figure-main.ts', import.meta.url));

export async function measureFigure(figure: Figure, model: MeasuredModel): Promise<FigureResult> {
  const args = ['--import', 'tsx', ENTRY, JSON.stringify({ figure, ...model })];
  // As the companion starts its engine.
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: withHugePages(),
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const [output, code] = await Promise.all([text(child.stdout), exited]);
  if (code !== 0) throw new Error(`${figure.what} at ${figure.side} px ended with ${code ?? 'a signal'}`);
  return JSON.parse(output) as FigureResult;
}
