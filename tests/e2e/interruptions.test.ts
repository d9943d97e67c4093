import { describe, expect, it } from 'vitest';
import { type BenchTable, cannotRun, useBench } from './bench-table.ts';
import { e2eModel, quickModel } from './companion-process.ts';
import type { StudioDriver } from './studio-driver.ts';

/** Steps of the quick model take hundredths of a second, the embedded one's tenths. */
const PACE = quickModel === e2eModel ? 1 : 10;
/** Long enough to be interrupted, on a fast computer as well; it is never taught to its end. */
const LONG_TEACHING = 300 * PACE;
const SHORT_TEACHING = 4;
/** Still going on when it is seen to learn, and held then. */
const STOPPED_TEACHING = 40 * PACE;

const stoppedOf = (steps: number) => new RegExp(`^Stopped at \\d+ of ${steps} steps$`);

describe.skipIf(cannotRun)(`interruptions${cannotRun ? ` (skipped: ${cannotRun})` : ''}`, () => {
  let table: BenchTable;
  let studio: StudioDriver;

  useBench(
    async (bench) => {
      ({ table, studio } = bench);
      await studio.pair(table.companion.code);
      await studio.addSamples(/backpack/i);
    },
    { model: quickModel },
  );

  /** In the history; the newest, where the test is tried once more. */
  const teaching = (name: string) =>
    studio.plugin
      .getByRole('listitem')
      .filter({ hasText: `Teach @${name}` })
      .first();

  const cancel = () => studio.plugin.getByRole('button', { name: 'Cancel' }).click();

  /** Until it goes beyond the steps that are shown, which may be those of before: the engine is at work then. */
  async function goingOn(): Promise<void> {
    const shown = async () =>
      Number(/\d+/.exec((await studio.plugin.getByText(/^Learning, \d+ of/).textContent())!)![0]);
    const before = await shown();
    await expect.poll(shown).toBeGreaterThan(before);
  }

  it.skipIf(process.platform !== 'linux')(
    'an engine that dies costs its job alone, with a cause',
    async () => {
      await studio.teach({ name: 'first', classWord: 'backpack', steps: LONG_TEACHING });
      await studio.learning();
      table.companion.killEngine();
      const alert = () => studio.plugin.getByRole('alert').textContent();
      await expect.poll(alert).toContain('stopped in the middle');
      // One line of what happened and one of what to do; no stack, no paths.
      await expect.poll(alert).not.toMatch(/\bat \w+ \(|node:|\.ts\b/);
      await studio.backToFrames();
      await studio.teach({ name: 'second', classWord: 'backpack', steps: SHORT_TEACHING });
      await studio.learned();
      await studio.backToFrames();
    },
  );

  it('a companion that is killed in mid-teaching goes on when it is started again', async () => {
    await studio.teach({ name: 'summit', classWord: 'backpack', steps: LONG_TEACHING });
    await studio.learning();
    await table.companion.kill();
    await studio.plugin.getByText('The companion does not answer').waitFor();
    await table.startAgain();
    await studio.plugin.getByText('Taken up where it stopped').waitFor();
    await goingOn();
    await cancel();
    await studio.show('History');
    await teaching('summit').getByText(stoppedOf(LONG_TEACHING)).waitFor();
  });

  it('a teaching that is cancelled goes on from the history', async () => {
    await studio.teach({ name: 'ridge', classWord: 'backpack', steps: STOPPED_TEACHING });
    await studio.learning();
    await table.companion.withEngineHeld(cancel);
    await studio.show('History');
    await teaching('ridge').getByText(stoppedOf(STOPPED_TEACHING)).waitFor();
    await teaching('ridge').getByRole('button', { name: 'Continue' }).click();
    await studio.show('Teach');
    await studio.plugin.getByText('Taken up where it stopped').waitFor();
    await studio.learned();
  });

  it.skipIf(process.platform !== 'linux')('a teaching that the engine died in is continued', async () => {
    await studio.show('Teach');
    await studio.backToFrames();
    await studio.teach({ name: 'cliff', classWord: 'backpack', steps: LONG_TEACHING });
    await studio.learning();
    // Saved by the cancellation, and not again before the end.
    await cancel();
    await studio.show('History');
    await teaching('cliff').getByRole('button', { name: 'Continue' }).click();
    await studio.show('Teach');
    await goingOn();
    table.companion.killEngine();
    await studio.plugin.getByRole('alert').waitFor();
    await studio.plugin
      .getByText(new RegExp(`^Kept \\d+ of ${LONG_TEACHING} steps`))
      .first()
      .waitFor();
    await studio.plugin.getByRole('button', { name: 'Continue' }).click();
    await studio.plugin.getByText('Taken up where it stopped').waitFor();
    await goingOn();
    await cancel();
  });

  it('what was removed is gone, also where the plugin is closed right after', async () => {
    await studio.show('History');
    await studio.plugin.getByRole('button', { name: 'Remove Teach @ridge' }).click();
    await studio.plugin.getByRole('button', { name: 'Undo' }).waitFor();
    await studio.page.reload();
    await studio.show('History');
    await teaching('summit').waitFor();
    await expect.poll(() => studio.plugin.getByText('Teach @ridge').count()).toBe(0);
  });

  it('raised no error in the page, the plugin or its sandbox', () => {
    expect(studio.errors).toEqual([]);
  });
});
