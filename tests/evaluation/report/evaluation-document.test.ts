import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { documentOf, type EvaluationReport } from '../../../evaluation/report/evaluation-document.ts';

const published = (name: string) => readFile(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

/** As data has it: products by their placements alone. */
interface PublishedReport extends EvaluationReport {
  readonly plan: EvaluationReport['plan'] & { readonly placements: Readonly<Record<string, string[]>> };
}

it('is, of the published data, the published document', async () => {
  const report = JSON.parse(await published('evaluation.json')) as PublishedReport;
  const products = Object.entries(report.plan.placements).map(([name, placements]) => ({ name, placements }));
  const plan = { ...report.plan, products } as unknown as EvaluationReport['plan'];
  expect(documentOf({ ...report, plan })).toBe(await published('evaluation.md'));
});
