import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { UiToMain, WaitingRow } from '../../../plugin/messages.ts';
import { CanvasPlacement } from '../../../plugin/ui/canvas/placement.ts';

let sent: UiToMain[];
let asked: string[];
let placement: CanvasPlacement;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  asked = [];
  placement = new CanvasPlacement(
    (message) => sent.push(message),
    (job) => asked.push(job),
  );
});
afterEach(() => vi.useRealTimers());

const layout = { names: ['one', 'two'], width: 64, height: 64 };
const types = () => sent.map(({ type }) => type);
const open = (jobId = 'job-a') => {
  placement.want(jobId, layout);
  placement.jobStarted(jobId);
  placement.receive({ type: 'batch', jobId, placeholders: 2 });
};
const picture = (index: number, kind: 'preview' | 'final', byte = 0) =>
  placement.picture({ jobId: 'job-a', index, kind, bytes: Uint8Array.of(byte), record: null });
const done = (index: number, kind: 'preview' | 'final') =>
  placement.receive({ type: 'picture-done', jobId: 'job-a', index, kind, outcome: 'placed' });

const beginWith = (waitingRows: readonly WaitingRow[]) =>
  placement.receive({
    type: 'hello',
    command: 'open',
    pairing: null,
    draft: null,
    openBatches: [],
    waitingRows,
  });

describe('placing', () => {
  it('opens its row when the job starts, not while it waits', () => {
    placement.want('job-a', layout);
    expect(sent).toEqual([{ type: 'keep-row', jobId: 'job-a', ...layout }]);
    placement.jobStarted('job-a');
    expect(sent.slice(1)).toEqual([{ type: 'open-batch', jobId: 'job-a', ...layout }]);
  });

  it('opens the row of a job that waited when the plugin was closed', () => {
    const waitingRows = [{ jobId: 'job-a', ...layout }];
    beginWith(waitingRows);
    expect(sent).toEqual([]);
    placement.jobEnded('job-a', 2);
    expect(sent).toEqual([{ type: 'open-batch', jobId: 'job-a', ...layout }]);
    placement.receive({ type: 'batch', jobId: 'job-a', placeholders: 2 });
    expect(asked).toEqual(['job-a']);
  });

  it('has rows forgotten that will never be filled', () => {
    const waitingRows = ['job-a', 'job-b', 'job-c'].map((jobId) => ({ jobId, ...layout }));
    beginWith(waitingRows);
    placement.jobEnded('job-a', 0);
    placement.jobsKnown(['job-a', 'job-c']);
    expect(sent).toEqual([
      { type: 'forget-row', jobId: 'job-a' },
      { type: 'forget-row', jobId: 'job-b' },
    ]);
  });

  it('leaves jobs of other documents alone', () => {
    placement.jobStarted('job-b');
    placement.picture({ jobId: 'job-b', index: 0, kind: 'final', bytes: new Uint8Array(), record: null });
    placement.jobEnded('job-b', 1);
    expect(sent).toEqual([]);
  });

  it('sends one picture at a time, and of waiting previews the newest', () => {
    open();
    picture(0, 'preview', 1);
    picture(0, 'preview', 2);
    picture(0, 'preview', 3);
    expect(types()).toEqual(['keep-row', 'open-batch', 'picture']);
    done(0, 'preview');
    expect(sent.slice(3)).toMatchObject([{ type: 'picture', bytes: Uint8Array.of(3) }]);
  });

  it('never covers a final picture with a late preview', () => {
    open();
    picture(1, 'preview');
    picture(0, 'final', 9);
    picture(0, 'preview', 1);
    done(1, 'preview');
    expect(sent.at(-1)).toMatchObject({ kind: 'final', bytes: Uint8Array.of(9) });
    done(0, 'final');
    picture(0, 'preview', 1);
    expect(sent.at(-1)).toMatchObject({ kind: 'final' });
  });

  it('closes the batch once, after the last final', () => {
    open();
    picture(0, 'final');
    done(0, 'final');
    placement.jobEnded('job-a', 2);
    expect(types()).not.toContain('close-batch');
    picture(1, 'final');
    done(1, 'final');
    vi.runAllTimers();
    expect(types().filter((type) => type === 'close-batch')).toHaveLength(1);
  });

  it('asks for pictures that were lost on the way, and gives up in the end', () => {
    open();
    asked.length = 0;
    placement.jobEnded('job-a', 2);
    vi.advanceTimersByTime(3_000);
    expect(asked).toEqual(['job-a']);
    vi.advanceTimersByTime(15_000);
    expect(types().at(-1)).toBe('close-batch');
  });

  it('removes placeholders of a job that failed before its first picture', () => {
    open();
    placement.jobEnded('job-a', 0);
    expect(types()).toEqual(['keep-row', 'open-batch', 'close-batch']);
  });

  it('takes up what an earlier run of the plugin left', () => {
    placement.receive({
      type: 'hello',
      command: 'open',
      pairing: null,
      openBatches: ['job-a'],
      waitingRows: [],
      draft: null,
    });
    placement.jobEnded('job-a', 2);
    expect(sent).toEqual([{ type: 'find-batch', jobId: 'job-a' }]);
    placement.receive({ type: 'batch', jobId: 'job-a', placeholders: 2 });
    expect(asked).toEqual(['job-a']);
  });
});
