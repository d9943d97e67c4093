/** The plugin, paired and at work, for flows that begin there. */

import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { buildPlugin } from '../../plugin/build.ts';
import type { LaunchCommand, UiToMain, WaitingRow } from '../../plugin/messages.ts';
import { startBrowser, type TestBrowser } from './browser.ts';
import { FakeCompanion } from './fake-companion.ts';
import { concept, generateJob } from './protocol-samples.ts';
import { hello, openStage, type Stage } from './stage.ts';

export interface Workplace {
  readonly companion: FakeCompanion;
  readonly stage: Stage;
  /** Polls what the UI told the main thread, of one type. */
  readonly sent: (type: UiToMain['type']) => ReturnType<typeof expect.poll>;
  /** Polls what the companion got, of one type. */
  readonly received: (type: string) => ReturnType<typeof expect.poll>;
  /** Polls the words of the part that has the focus. */
  readonly focused: () => ReturnType<typeof expect.poll>;
  readonly openTab: (name: string) => Promise<void>;
}

interface Beginning {
  /** Changes to a new one; or one of an earlier workplace, as it is. */
  readonly companion?: Partial<FakeCompanion>;
  /** As the plugin kept it; null for one that was never paired. */
  readonly pairing?: string | null;
  readonly command?: LaunchCommand;
  /** As an earlier run stored it; null for who has never written one. */
  readonly draft?: string | null;
  /** Rows and scenes that an earlier run awaited. */
  readonly waitingRows?: readonly WaitingRow[];
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
  { companion: part = {}, record, ...start }: Beginning = {},
): Promise<Workplace> {
  const concepts = [concept({ name: 'aurora', hasThumbnail: false })];
  const companion =
    part instanceof FakeCompanion ? part : Object.assign(new FakeCompanion(), { concepts }, part);
  const stage = await openStage(context, 'light', companion);
  const { ui } = stage;
  await stage.say(hello({ draft: '{}', ...start }));
  if (record !== undefined) await selectVariant(stage, record);
  if (start.pairing !== null) await ui.getByRole('tab', { name: 'Generate' }).waitFor();
  return {
    companion,
    stage,
    sent: (type) => expect.poll(() => stage.sent.filter((message) => message.type === type)),
    received: (type) => expect.poll(() => companion.received.filter((message) => message.type === type)),
    focused: () => expect.poll(() => ui.evaluate(() => document.activeElement?.textContent)),
    openTab: (name) => ui.getByRole('tab', { name }).click(),
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
