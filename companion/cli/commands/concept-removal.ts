/** `likeness concepts remove` and `restore`, and what lies between them. */

import type { Command } from 'commander';
import { PROGRAM } from '../../../shared/program.ts';
import { CONCEPT_TRASH_DAYS } from '../../../shared/protocol/limits.ts';
import { FileLibrary } from '../../library/file-library.ts';
import { findRemoved, findStored } from '../../library/find-concept.ts';
import { dataFolders } from '../../storage/folders.ts';
import { formatBytes, formatNumberOf } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';

export function registerConceptRemoval(concepts: Command, output: Output): void {
  concepts
    .command('remove')
    .description(
      `takes a concept with all its versions away; for ${CONCEPT_TRASH_DAYS} days it can be restored`,
    )
    .argument('<concept>', 'name')
    .action((wanted: string) => runRemove(wanted, output));
  concepts
    .command('restore')
    .description('brings a removed concept back')
    .argument('<concept>', 'name')
    .action((wanted: string) => runRestore(wanted, output));
}

export async function runListRemoved(output: Output): Promise<void> {
  const removed = await new FileLibrary(dataFolders().concepts).removed();
  for (const concept of removed) output.event({ type: 'removed-concept', ...concept });
  if (removed.length === 0) {
    output.say('No concept was removed.');
    return;
  }
  const rows = removed.map(({ name, classWord, versions, sizeBytes, removedAt }) => [
    `@${name}`,
    classWord,
    formatNumberOf(versions, 'version'),
    formatBytes(sizeBytes),
    removedAt.toISOString().slice(0, 10),
  ]);
  output.answer(formatTable(['NAME', 'CLASS', 'VERSIONS', 'SIZE', 'REMOVED'], rows, output.answerColours));
}

async function runRemove(wanted: string, output: Output): Promise<void> {
  const library = new FileLibrary(dataFolders().concepts);
  const { id, name, versions } = await findStored(wanted, library);
  await library.remove(id);
  await library.purge(CONCEPT_TRASH_DAYS);
  output.event({ type: 'removed', id, name, versions: versions.length });
  const { green, bold, dim } = output.colours;
  output.say(`${green('✓')} Removed ${bold(`@${name}`)}, ${formatNumberOf(versions.length, 'version')}`);
  output.say(dim(`  Back again, for ${CONCEPT_TRASH_DAYS} days: ${PROGRAM} concepts restore ${name}`));
}

async function runRestore(wanted: string, output: Output): Promise<void> {
  const library = new FileLibrary(dataFolders().concepts);
  const { id } = await findRemoved(wanted, library);
  const { name, versions } = await library.restore(id);
  output.event({ type: 'restored', id, name, versions: versions.length });
  const { green, bold } = output.colours;
  output.say(`${green('✓')} Restored ${bold(`@${name}`)}, ${formatNumberOf(versions.length, 'version')}`);
}
