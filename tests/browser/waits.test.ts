/** Waits of tests: what a page, a process or a socket comes to is waited for with one patience, and never read once. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** Locators' questions that answer at once, whatever the page will show a moment later. */
const QUESTIONS =
  'isDisabled|isEnabled|isVisible|isHidden|isChecked|count|innerText|textContent|inputValue|getAttribute|evaluate|' +
  'evaluateAll|allInnerTexts|allTextContents|boundingBox';
const READ_ONCE = new RegExp(`expect\\(\\s*await [^;]*?\\.(${QUESTIONS})\\(`);
/** Gives up after a second, which a busy machine takes without doing anything. */
const IMPATIENT = /\bvi\.waitFor\(/;

/** Statements that read a page once, or wait for a second. */
function hasty(source: string): readonly string[] {
  return source.split(';').filter((statement) => READ_ONCE.test(statement) || IMPATIENT.test(statement));
}

it('are polls', () => {
  const folder = fileURLToPath(new URL('..', import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('waits.test.ts'),
  );
  expect(files.length).toBeGreaterThan(0);
  expect(files.flatMap((file) => hasty(readFileSync(`${folder}/${file}`, 'utf8')))).toEqual([]);
});

it('that are none are found', () => {
  expect(hasty('a(); expect(await button().isDisabled()).toBe(true);')).toHaveLength(1);
  expect(hasty('await vi.waitFor(() => expect(told).toHaveLength(1));')).toHaveLength(1);
  expect(hasty('await expect.poll(() => button().isDisabled()).toBe(true);')).toEqual([]);
});
