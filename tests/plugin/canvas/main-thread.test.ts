/** The main thread apart from pictures: its start, rows that wait for their job, notifications. */

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../../plugin/build.ts';
import { FakeFigma } from './fake-figma.ts';

let figma: FakeFigma;

beforeAll(() => buildPlugin());
beforeEach(() => {
  figma = new FakeFigma();
  figma.run();
});

describe('a start', () => {
  it('tells the pairing of this user, and which button was pressed', async () => {
    figma.stored.set('pairing', 'a token');
    figma.command = 'reprompt';
    expect(await figma.tell({ type: 'ready' }, 'hello')).toEqual({
      type: 'hello',
      command: 'reprompt',
      pairing: 'a token',
      openBatches: [],
      waitingRows: [],
      draft: null,
    });
  });

  it('keeps the pairings', async () => {
    await figma.post({ type: 'store-pairing', pairing: 'new' });
    expect(figma.stored.get('pairing')).toBe('new');
  });
});

describe('a waiting row', () => {
  const row = { jobId: 'job-aaaa', names: ['Variant 1', 'Variant 2'], width: 64, height: 48 };
  const told = async () => {
    figma.run();
    return (await figma.tell({ type: 'ready' }, 'hello')).waitingRows;
  };

  it('is there for the next run on its page, until it is opened or forgotten', async () => {
    await figma.post({ type: 'keep-row', ...row });
    await figma.post({ type: 'keep-row', ...row, jobId: 'job-bbbb' });
    expect(await told()).toEqual([row, { ...row, jobId: 'job-bbbb' }]);
    await figma.tell({ type: 'open-batch', ...row }, 'batch');
    expect(await told()).toEqual([{ ...row, jobId: 'job-bbbb' }]);
    await figma.post({ type: 'forget-row', jobId: 'job-bbbb' });
    expect(await told()).toEqual([]);
  });

  it('is not there in another document, and adds no step of undo', async () => {
    await figma.post({ type: 'keep-row', ...row });
    expect(figma.undoSteps).toBe(0);
    figma.pageData = new Map();
    expect(await told()).toEqual([]);
    await figma.post({ type: 'keep-row', ...row, jobId: 'job-cccc' });
    expect(await told()).toEqual([{ ...row, jobId: 'job-cccc' }]);
  });
});

it('cuts notifications to what Figma takes', async () => {
  await figma.post({ type: 'notify', text: 'x'.repeat(300), error: false });
  expect(figma.notices[0]).toHaveLength(100);
});
