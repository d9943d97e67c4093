/** Waits of tests: what a page, a process or a socket comes to is waited for with one patience, and never read once. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** Locators' questions that answer at once, whatever the page will show a moment later. */
const QUESTIONS =
  'isDisabled|isEnabled|isVisible|isHidden|isChecked|count|innerText|textContent|inputValue|getAttribute|evaluate|' +
  'evaluateAll|allInnerTexts|allTextContents|boundingBox';
const READ_ONCE = new RegExp(`expect\\(\\s*await [^;]*?\\.(${QUESTIONS})\\(`);
/** The same in two statements. */
const READ_AND_EXPECTED = new RegExp(
  `const (\\w+) = await [^;]*?\\.(?:${QUESTIONS})\\(\\)[^;]*;[^}]{0,400}?expect\\(\\1\\b`,
  'g',
);
/** One that was ended by a signal has no exit code, and is waited for without end. */
const ENDED_BY_CODE_ALONE = /exitCode [!=]== null(?![^;]*signalCode)/;
/** Gives up after a second, which a busy machine takes without doing anything. */
const IMPATIENT = /\bvi\.waitFor\(/;

/** Statements that read a page once, wait for a second, or for what may never come. */
function hasty(source: string): readonly string[] {
  const isHasty = (statement: string) =>
    [READ_ONCE, IMPATIENT, ENDED_BY_CODE_ALONE].some((pattern) => pattern.test(statement));
  return [
    ...source.split(';').filter(isHasty),
    ...[...source.matchAll(READ_AND_EXPECTED)].map(([text]) => text),
  ];
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
  expect(hasty('const said = await alert().textContent(); expect(said).toBe("no");')).toHaveLength(1);
  expect(hasty('if (child.exitCode === null) child.kill();')).toHaveLength(1);
  expect(hasty('if (child.exitCode === null && child.signalCode === null) child.kill();')).toEqual([]);
  expect(hasty('await expect.poll(() => button().isDisabled()).toBe(true);')).toEqual([]);
});
