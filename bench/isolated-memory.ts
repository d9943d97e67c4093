/** Memory of one workload in a process of its own: nothing that ran before is in its peak. */

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { withHugePages } from '../companion/runtime/huge-pages.ts';
import type { Checkpointing } from '../companion/training/training-graph.ts';
import type { ModelChoice } from './bench-model.ts';
import type { ResidentMemory } from './resident-memory.ts';
import type { WorkloadName } from './workload.ts';

export interface MemoryCase {
  readonly model: ModelChoice;
  readonly workload: WorkloadName;
  readonly batch: number;
  /** Checkpointing of a training step. Default 'none'. */
  readonly checkpointing?: Checkpointing;
  readonly threads: number;
}

export interface MemoryResult {
  readonly createMs: number;
  readonly firstRunMs: number;
  readonly runMs: number;
  /** With its peak since the process began: the graph and the session. */
  readonly created: ResidentMemory;
  /** With its peak over three runs. */
  readonly ran: ResidentMemory;
}

const ENTRY = fileURLToPath(new URL('isolated-main.ts', import.meta.url));

export async function measureIsolated(memoryCase: MemoryCase): Promise<MemoryResult> {
  const child = spawn(process.execPath, ['--import', 'tsx', ENTRY, JSON.stringify(memoryCase)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: withHugePages(),
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  if (code !== 0)
    throw new Error(`${memoryCase.workload} ended with ${code ?? 'a signal'}: ${errors.trim()}`);
  return JSON.parse(output) as MemoryResult;
}
