/** Tasks of the browser's threads and their durations, from Chromium's own trace. */

import type { LongestTask, PluginThread } from '../plugin-in-browser.ts';

export const TRACE_CATEGORIES = [
  'toplevel',
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'blink.user_timing',
];

interface TraceEvent {
  readonly name: string;
  /** X: an event with a duration. */
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

const MAIN = 'CrRendererMain';
const WORKER = 'DedicatedWorker thread';

/** `performance.mark` of this name in a page says from where on tasks count. */
export const START_MARK = 'placing begins';

/**
 * The longest task of each thread; the longest by wall time and by processor time need not be the same one.
 */
export function longestTasks(trace: Buffer): Readonly<Record<PluginThread, LongestTask>> {
  const { traceEvents } = JSON.parse(trace.toString('utf8')) as { traceEvents: readonly TraceEvent[] };
  const names = new Map<string, string>();
  for (const { name, pid, tid, args } of traceEvents) {
    if (name === 'thread_name') names.set(`${pid}/${tid}`, args?.name ?? '');
  }
  const threadName = ({ pid, tid }: TraceEvent) => names.get(`${pid}/${tid}`);
  // The sandboxed frame has a process of its own; the worker lives in the page's.
  const pagePid = traceEvents.find((event) => threadName(event) === WORKER)?.pid;
  const startUs = traceEvents.find(({ name }) => name === START_MARK)!.ts;
  const nothing: LongestTask = { wallMs: 0, processorMs: 0 };
  const longest = { 'plugin UI': nothing, 'plugin main thread': nothing, 'studio page': nothing };
  for (const event of traceEvents) {
    if (event.ph !== 'X' || event.name !== 'RunTask' || event.ts < startUs) continue;
    const name = threadName(event);
    if (name !== MAIN && name !== WORKER) continue;
    const thread =
      name === WORKER ? 'plugin main thread' : event.pid === pagePid ? 'studio page' : 'plugin UI';
    const { wallMs, processorMs } = longest[thread];
    longest[thread] = {
      wallMs: Math.max(wallMs, (event.dur ?? 0) / 1000),
      processorMs: Math.max(processorMs, (event.tdur ?? 0) / 1000),
    };
  }
  return longest;
}
