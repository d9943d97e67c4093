/** The panel meets its companion: with a code, with what an earlier run kept, and again after a stop. */

import { describe, expect, it } from 'vitest';
import { browserPath } from '../../browser/installed-browser.ts';
import { TOKEN } from '../fake-gate.ts';
import { useWorkplaces } from '../workplace.ts';

describe.skipIf(browserPath === undefined)('a panel', () => {
  const begin = useWorkplaces();

  it('pairs with the code, and the token is kept', async () => {
    const { stage, companion, sent } = await begin({ pairing: null });
    await stage.ui.getByLabel('Code', { exact: true }).pressSequentially(companion.code);
    await stage.ui.getByRole('tab', { name: 'Generate' }).waitFor();
    await sent('store-pairing').toHaveLength(1);
    const [kept] = stage.sent.filter(({ type }) => type === 'store-pairing') as { pairing: string }[];
    expect(JSON.parse(kept!.pairing)).toEqual({
      format: 1,
      pairings: [{ companion: companion.id, token: expect.stringMatching(/^[\w-]{43}$/), port: 17653 }],
    });
  });

  it('that was paired with the version before needs no code, and the token is kept by companion from then on', async () => {
    const { companion, sent } = await begin({ pairing: TOKEN });
    const pairings = [{ companion: companion.id, token: TOKEN, port: 17653 }];
    const pairing = JSON.stringify({ format: 1, pairings });
    await sent('store-pairing').toEqual([{ type: 'store-pairing', pairing }]);
  });

  it('moves between views with the arrow keys', async () => {
    const { stage } = await begin();
    await stage.ui.getByRole('tab', { name: 'Generate' }).focus();
    await stage.page.keyboard.press('ArrowRight');
    await stage.page.keyboard.press('ArrowRight');
    await expect
      .poll(() => stage.ui.getByRole('tab', { name: 'Library' }).getAttribute('aria-selected'))
      .toBe('true');
    await expect.poll(() => stage.ui.getByRole('tabpanel').textContent()).toContain('@aurora');
  });

  it('keeps the view when the companion is stopped, and goes on when it is back', async () => {
    const { stage, companion } = await begin();
    await stage.ui.getByLabel('Prompt').fill('@aurora in the snow');
    companion.kill();
    await stage.ui.getByText('The companion does not answer').waitFor();
    companion.isRunning = true;
    await stage.ui.getByText('The companion does not answer').waitFor({ state: 'detached' });
    await expect.poll(() => stage.ui.getByLabel('Prompt').inputValue()).toBe('@aurora in the snow');
  });
});
