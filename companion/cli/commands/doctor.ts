/** `likeness doctor`: findings on this computer, with advice, and the file that is sent along when one asks for help. */

import type { Command } from 'commander';
import { USER_MODES, writeFileAtomically } from '../../storage/atomic-file.ts';
import { dataFolders } from '../../storage/folders.ts';
import type { Finding, Severity } from '../diagnostics/health-checks.ts';
import { escapeControlCharacters } from '../terminal/failure.ts';
import { formatNumberOf, wrapped } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';

const SUBJECT_CELLS = 12;

interface DoctorFlags {
  /** File name; true for a name of the day's own. */
  readonly collect?: string | true;
}

export function registerDoctor(program: Command, output: Output): void {
  program
    .command('doctor')
    .summary('check this computer, and say what to do')
    .description(
      'Checks the machine, its devices, the disk, the models and the concepts. Ends with 1 at a problem.',
    )
    .option(
      '--collect [file]',
      'write what helpers ask for to a file, without prompts, names or pictures; nothing is sent',
    )
    .action(async ({ collect }: DoctorFlags) => {
      if (collect === undefined) return void (await runDoctor(output));
      // Loaded here, since sharp, the library and the companion's log would make `--help` wait.
      const { diagnosticsFile, diagnosticsText } = await import('../diagnostics/diagnostics.ts');
      const now = new Date();
      const freeFile = () => diagnosticsFile(collect === true ? undefined : collect, now);
      // A name that is taken is refused before the work, and one that was taken meanwhile is not written over.
      freeFile();
      const findings = await runDoctor(output);
      const version = program.version() ?? '';
      const text = await diagnosticsText({ folders: dataFolders(), findings, version, now });
      const file = freeFile();
      await writeFileAtomically(file, text, USER_MODES);
      showCollected(file, output);
    });
}

async function runDoctor(output: Output): Promise<readonly Finding[]> {
  const { green, yellow, red, dim, bold } = output.answerColours;
  const marks: Readonly<Record<Severity, string>> = {
    ok: green('✓'),
    warning: yellow('!'),
    problem: red('✗'),
  };
  const counts: Record<Severity, number> = { ok: 0, warning: 0, problem: 0 };
  const findings: Finding[] = [];
  const show = (finding: Finding) => {
    const { subject, severity, message, advice } = finding;
    findings.push(finding);
    counts[severity]++;
    output.event({ type: 'finding', subject, severity, message, advice });
    const indent = ' '.repeat(SUBJECT_CELLS + 3);
    const lines = (text: string) => wrapped(escapeControlCharacters(text), output.columns - indent.length);
    const [first = '', ...others] = lines(message);
    output.answer(`${marks[severity]} ${bold(subject.padEnd(SUBJECT_CELLS))} ${first}`);
    for (const line of others) output.answer(`${indent}${line}`);
    for (const line of advice === undefined ? [] : lines(advice)) output.answer(dim(`${indent}${line}`));
  };
  const { runHealthChecks } = await import('../diagnostics/health-checks.ts');
  for await (const finding of runHealthChecks(dataFolders())) show(finding);
  output.event({ type: 'diagnosis', ...counts });
  const warnings = counts.warning === 0 ? '' : `, ${formatNumberOf(counts.warning, 'warning')}`;
  output.answer('');
  if (counts.problem === 0) output.answer(`${green('No problems')}${warnings}.`);
  else output.answer(`${red(formatNumberOf(counts.problem, 'problem'))}${warnings}.`);
  if (counts.problem > 0) process.exitCode = 1;
  return findings;
}

function showCollected(file: string, output: Output): void {
  output.event({ type: 'collected', file });
  output.answer('');
  output.answer(
    `${output.answerColours.green('✓')} ${escapeControlCharacters(file)} holds the above, versions, model hashes, counts, failed jobs and the end of the log.`,
  );
  output.answer(
    '  Left out: prompts, names, pictures, tokens, codes, paths, user and computer. Nothing was sent; read it, then attach it.',
  );
}
