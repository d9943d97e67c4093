/** `likeness concepts references` and `forget-references`: the pictures that a concept keeps, out of the library and deleted. */

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { LikenessError } from '../../../shared/errors.ts';
import { FileLibrary } from '../../library/file-library.ts';
import { findStored } from '../../library/find-concept.ts';
import { versionWithReferences } from '../../library/teach-again.ts';
import { USER_MODES, writeFileAtomically } from '../../storage/atomic-file.ts';
import { dataFolders } from '../../storage/folders.ts';
import { OutputFolder } from '../output-folder.ts';
import { formatNumberOf } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';

export function registerConceptReferences(concepts: Command, output: Output): void {
  concepts
    .command('references')
    .description('writes the pictures that a concept keeps into a folder, as PNGs at working size')
    .argument('<concept>', 'name')
    .requiredOption('--out <dir>', 'folder for the pictures')
    .action((wanted: string, { out }: { out: string }) => runReferences(wanted, out, output));
  concepts
    .command('forget-references')
    .description('deletes the pictures that a concept keeps, for good; the concept stays')
    .argument('<concept>', 'name')
    .action((wanted: string) => runForget(wanted, output));
}

async function runReferences(wanted: string, out: string, output: Output): Promise<void> {
  // Loaded here, since what reads and writes pictures would make `--help` wait.
  const { readReference } = await import('../../images/references/reference-image.ts');
  const { encodePng } = await import('../../images/encode.ts');
  const library = new FileLibrary(dataFolders().concepts);
  const { id, name } = await findStored(wanted, library);
  const version = await versionWithReferences(id, library);
  const paths = version === undefined ? [] : await library.materializeReferences(version);
  if (paths.length === 0) throw new LikenessError('input', `@${name} keeps no pictures`);
  const folder = await OutputFolder.claim(resolve(out), USER_MODES);
  try {
    for (const [index, path] of paths.entries()) {
      const file = join(resolve(out), `${name}-${index + 1}.png`);
      if (existsSync(file))
        throw new LikenessError('input', `${file} is there already`, { advice: 'Choose another --out.' });
      await writeFileAtomically(file, await encodePng((await readReference(path)).pixels), USER_MODES);
      output.event({ type: 'reference', id, name, path: file });
    }
  } finally {
    await folder.abandon();
  }
  const { green, bold } = output.colours;
  output.say(`${green('✓')} Wrote ${formatNumberOf(paths.length, 'picture')} of ${bold(`@${name}`)}`);
  output.say(`  ${resolve(out)}`);
}

async function runForget(wanted: string, output: Output): Promise<void> {
  const library = new FileLibrary(dataFolders().concepts);
  const { id, name } = await findStored(wanted, library);
  const version = await versionWithReferences(id, library);
  const count = version === undefined ? 0 : (await library.materializeReferences(version)).length;
  await library.forgetReferences(id);
  output.event({ type: 'forgotten', id, name, references: count });
  const { green, bold } = output.colours;
  const done = count === 0 ? 'kept no pictures' : `keeps none of its ${formatNumberOf(count, 'picture')}`;
  output.say(`${green('✓')} ${bold(`@${name}`)} ${done}`);
}
