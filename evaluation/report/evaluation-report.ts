/** writeReport: an evaluation as a document and as data, with its pictures beside them. */

import { join } from 'node:path';
import { encodeJpeg } from '../../companion/images/encode.ts';
import type { Picture } from '../../companion/images/picture.ts';
import { writeFileAtomically } from '../../companion/storage/atomic-file.ts';
import { BASE_SHEET, documentOf, type EvaluationReport, PLACING_SHEET } from './evaluation-document.ts';

export interface ReportFiles {
  readonly document: string;
  readonly data: string;
  readonly placingSheet: string;
  readonly baseSheet: string;
}

export interface ReportSheets {
  readonly placing: Picture;
  readonly base: Picture;
}

export async function writeReport(
  folder: string,
  report: EvaluationReport,
  sheets: ReportSheets,
): Promise<ReportFiles> {
  const files = {
    document: join(folder, 'evaluation.md'),
    data: join(folder, 'evaluation.json'),
    placingSheet: join(folder, PLACING_SHEET),
    baseSheet: join(folder, BASE_SHEET),
  };
  await writeFileAtomically(files.placingSheet, await encodeJpeg(sheets.placing));
  await writeFileAtomically(files.baseSheet, await encodeJpeg(sheets.base));
  await writeFileAtomically(files.data, `${JSON.stringify(dataOf(report), undefined, 2)}\n`);
  await writeFileAtomically(files.document, documentOf(report));
  return files;
}

/** The parts of the plan that a reader cannot find elsewhere: paths belong to one computer. */
function dataOf({ plan, ...report }: EvaluationReport) {
  const { isQuick, seeds, products } = plan;
  const placements = products.map(({ name, placements }) => [name, placements] as const);
  return { schema: 1, ...report, plan: { isQuick, seeds, placements: Object.fromEntries(placements) } };
}
