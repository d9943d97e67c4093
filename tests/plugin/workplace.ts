/** The plugin, paired and at work, for flows that begin there. */

import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { buildPlugin } from '../../plugin/build.ts';
import type { LaunchCommand, UiToMain } from '../../plugin/messages.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { FakeCompanion } from './fake-companion.ts';
import { TOKEN } from './fake-gate.ts';
import { concept, generateJob } from './protocol-samples.ts';
import { openStage, type Stage } from './stage.ts';

export interface Workplace {
  readonly companion: FakeCompanion;
  readonly stage: Stage;
  /** Polls what the UI told the main thread, of one type. */
  readonly sent: (type: UiToMain['type']) => ReturnType<typeof expect.poll>;
  /** Polls what the companion got, of one type. */
  readonly received: (type: string) => ReturnType<typeof expect.poll>;
}

interface Beginning {
  readonly companion?: Partial<FakeCompanion>;
  readonly command?: LaunchCommand;
  /** As an earlier run stored it; null for who has never written one. */
  readonly draft?: string | null;
  /** Record of the variant that is selected. */
  readonly record?: string;
}

/** Opens workplaces in one browser for all tests of a `describe`; the page of each goes when its test ends. */
export function useWorkplaces(): (beginning?: Beginning) => Promise<Workplace> {
  let browser: TestBrowser;
  let work: Workplace;
  beforeAll(async () => {
    await buildPlugin();
    browser = await startBrowser();
  });
  afterAll(() => browser.close());
  afterEach(() => work.stage.page.close());
  return async (beginning) => {
    work = await openWorkplace(browser, beginning);
    return work;
  };
}

async function openWorkplace(
  { context }: TestBrowser,
  { companion: part = {}, command = 'open', draft = '{}', record }: Beginning = {},
): Promise<Workplace> {
  const concepts = [concept({ name: 'aurora', hasThumbnail: false })];
  const companion = Object.assign(new FakeCompanion(), { concepts }, part);
  const stage = await openStage(context, 'light', companion);
  const rest = { openBatches: [], waitingRows: [] };
  await stage.say({ type: 'hello', command, pairing: TOKEN, draft, ...rest });
  if (record !== undefined) await selectVariant(stage, record);
  await stage.ui.getByRole('tab', { name: 'Generate' }).waitFor();
  return {
    companion,
    stage,
    sent: (type) => expect.poll(() => stage.sent.filter((message) => message.type === type)),
    received: (type) => expect.poll(() => companion.received.filter((message) => message.type === type)),
  };
}

export function selectVariant({ say }: Stage, record: string): Promise<void> {
  const frames = [{ nodeId: '1:1', name: 'Variant', width: 64, height: 64, isVariant: true }];
  return say({ type: 'selection', frames, record });
}

/** Record of a variant of @aurora, version 1. */
export function auroraRecord(prompt = '@aurora on a beach'): string {
  const { request } = generateJob('job-a-0000', { state: 'done' }, { prompt });
  const concepts = [{ id: 'concept-aurora', name: 'aurora', version: 1 }];
  return JSON.stringify({ format: 1, job: 'job-a-0000', picture: 3, seed: 7217, request, concepts });
}
