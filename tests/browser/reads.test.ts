/** Reads of a page in tests: a page is drawn when it is drawn, so that what it shows is waited for and never read once. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** Locators' questions that answer at once, whatever the page will show a moment later. */
const QUESTIONS =
  'isDisabled|isEnabled|isVisible|isHidden|isChecked|count|innerText|textContent|inputValue|getAttribute|evaluate|' +
  'evaluateAll|allInnerTexts|allTextContents|boundingBox';
const READ_ONCE = new RegExp(`expect\\(\\s*await [^;]*?\\.(${QUESTIONS})\\(`);

/** Statements that read a page once. */
function readOnce(source: string): readonly string[] {
  return source.split(';').filter((statement) => READ_ONCE.test(statement));
}

it('are polls', () => {
  const folder = fileURLToPath(new URL('..', import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /^(e2e|plugin|studio|server).*\.ts$/.test(file),
  );
  expect(files.length).toBeGreaterThan(0);
  expect(files.flatMap((file) => readOnce(readFileSync(`${folder}/${file}`, 'utf8')))).toEqual([]);
});

it('that are none are found', () => {
  expect(readOnce('a(); expect(await button().isDisabled()).toBe(true);')).toHaveLength(1);
  expect(readOnce('await expect.poll(() => button().isDisabled()).toBe(true);')).toEqual([]);
});
