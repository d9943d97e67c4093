import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Frame } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serious and critical findings of axe in a frame, one line each. @param rules of axe, those alone; all of them without */
export async function seriousFindings(frame: Frame, rules?: readonly string[]): Promise<readonly string[]> {
  // By the debugger, which the page's content policy does not hold.
  await frame.evaluate(source);
  const { violations } = await frame.evaluate(
    (runOnly) =>
      (window as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run({
        ...(runOnly !== undefined && { runOnly }),
        resultTypes: ['violations'],
      }),
    rules,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}
