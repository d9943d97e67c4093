/** `likeness doctor`: what works on this computer, what does not, and what to do about it. */

import type { Command } from 'commander';
import { dataFolders } from '../../checkpoint/data-folders.ts';
import { type Finding, type Severity, symptoms } from '../diagnosis.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';
import { formatNumberOf } from '../quantities.ts';

const SUBJECT_CELLS = 12;

export function registerDoctor(program: Command, output: Output): void {
  program
    .command('doctor')
    .summary('check this computer, and say what to do')
    .description(
      'Checks the machine, its devices, the disk, the models and the concepts. Ends with 1 at a problem.',
    )
    .action(() => runDoctor(output));
}

async function runDoctor(output: Output): Promise<void> {
  const { green, yellow, red, dim, bold } = output.answerColours;
  const marks: Readonly<Record<Severity, string>> = {
    ok: green('✓'),
    warning: yellow('!'),
    problem: red('✗'),
  };
  const counts: Record<Severity, number> = { ok: 0, warning: 0, problem: 0 };
  const tell = ({ subject, severity, message, advice }: Finding) => {
    counts[severity]++;
    output.event({ type: 'finding', subject, severity, message, advice });
    output.answer(`${marks[severity]} ${bold(subject.padEnd(SUBJECT_CELLS))} ${printable(message)}`);
    if (advice !== undefined) output.answer(dim(`${' '.repeat(SUBJECT_CELLS + 3)}${printable(advice)}`));
  };
  for await (const finding of symptoms(dataFolders())) tell(finding);
  output.event({ type: 'diagnosis', ...counts });
  const warnings = counts.warning === 0 ? '' : `, ${formatNumberOf(counts.warning, 'warning')}`;
  output.answer('');
  if (counts.problem === 0) output.answer(`${green('No problems')}${warnings}.`);
  else output.answer(`${red(formatNumberOf(counts.problem, 'problem'))}${warnings}.`);
  if (counts.problem > 0) process.exitCode = 1;
}
