/** `likeness concepts import` and `export`: concept files in and out of the data folder. */

import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import prettyBytes from 'pretty-bytes';
import { LikenessError } from '../../../shared/errors.ts';
import { EXPORT_PROGRAMS, type ExportProgram } from '../../../shared/protocol/http.ts';
import { exportConcept, exportNotes, triggerWords } from '../../concepts/concept-export.ts';
import { readConcept } from '../../concepts/concept-file.ts';
import { residualFindings } from '../../concepts/residual-findings.ts';
import { CONCEPT_SUFFIX, fileStem } from '../../library/concept-folder.ts';
import type { FittedModel, LoraFacts } from '../../library/concept-writer.ts';
import { FileLibrary } from '../../library/file-library.ts';
import { findStored } from '../../library/find-concept.ts';
import { findModel } from '../../model-store/catalogue.ts';
import { ARCHITECTURES } from '../../models/families/formats.ts';
import { USER_MODES, writeFileAtomically } from '../../storage/atomic-file.ts';
import { dataFolders } from '../../storage/folders.ts';
import * as values from '../options.ts';
import type { Output } from '../terminal/output.ts';

/** DreamBooth's word for what it teaches: most makers of LoRA files took it over. */
const USUAL_IDENTIFIER = 'sks';

interface ImportFlags {
  readonly name?: string;
  readonly class?: string;
  readonly identifier?: string;
  readonly architecture?: LoraFacts['architecture'];
  readonly model?: string;
}

interface ExportFlags {
  readonly for?: ExportProgram;
  readonly revision?: number;
  readonly out?: string;
  readonly replace?: true;
}

export function registerConceptTransfer(concepts: Command, output: Output): void {
  concepts
    .command('import')
    .description('takes a copy of a concept file, or of a plain LoRA file, into the data folder')
    .argument('<file>', 'a .safetensors file')
    .option('--name <name>', "what prompts call it (default: the file's own)", values.conceptName)
    .option('--class <word>', 'of a plain LoRA file: what it is, "wrist watch"', values.classWord)
    .option(
      '--identifier <word>',
      `of a plain LoRA file: the word it was taught with (default: ${USUAL_IDENTIFIER})`,
      values.identifier,
    )
    .addOption(
      new Option('--architecture <name>', 'of a plain LoRA file: what it was taught on').choices(
        ARCHITECTURES.map(({ id }) => id),
      ),
    )
    .option('--model <model>', 'of a plain LoRA file: a base model that it must fit (default: any)')
    .action((file: string, flags: ImportFlags) => runImport(file, flags, output));
  concepts
    .command('export')
    .description('copies a concept file; other programs open it as a LoRA')
    .argument('<concept>', 'name')
    .option('--revision <n>', 'an older version (default: the newest)', values.wholeNumber(1, 1_000_000))
    .addOption(
      new Option(
        '--for <program>',
        'under the names that a program reads (default: as it is, which most do)',
      ).choices(EXPORT_PROGRAMS),
    )
    .option('--out <file>', 'where to (default: NAME.safetensors here)', values.conceptFile)
    .option('--replace', 'write over a file that is there already')
    .action((wanted: string, flags: ExportFlags) => runExport(wanted, flags, output));
}

async function runImport(file: string, flags: ImportFlags, output: Output): Promise<void> {
  const library = new FileLibrary(dataFolders().concepts);
  const lora = loraFacts(flags);
  const model = flags.model === undefined ? undefined : await fittedModel(flags.model);
  const options = { name: flags.name, by: 'owner' as const, model, ...(lora !== undefined && { lora }) };
  const imported = await library.import(resolve(file), options);
  const { name, classWord, version, id, sizeBytes } = imported;
  const path = await library.materialize(imported);
  const findings = residualFindings((await readConcept(path)).factors);
  output.event({ type: 'imported', id, name, classWord, version, path, sizeBytes, findings });
  const { green, bold } = output.colours;
  output.say(`${green('✓')} Imported ${bold(`@${name}`)} (${classWord}), ${prettyBytes(sizeBytes)}`);
  output.say(`  ${path}`);
  for (const finding of findings) output.warn(`@${name}: ${finding}`);
}

async function fittedModel(wanted: string): Promise<FittedModel> {
  // Loaded here, since graphs would make `--help` wait.
  const { readAdapterSites } = await import('../../pipeline/loaded-model.ts');
  return readAdapterSites(await findModel(wanted, dataFolders()));
}

/** undefined for a file that says of itself what it is. */
function loraFacts(flags: ImportFlags): LoraFacts | undefined {
  const { name, class: classWord, identifier = USUAL_IDENTIFIER, architecture } = flags;
  const isLora = classWord !== undefined || flags.identifier !== undefined || architecture !== undefined;
  if (!isLora) return undefined;
  if (name === undefined || classWord === undefined) {
    throw new LikenessError('input', 'a plain LoRA file needs a name and a class word', {
      advice: 'Add --name and --class, for example --name watch --class "wrist watch".',
    });
  }
  return { name, classWord, identifier, ...(architecture !== undefined && { architecture }) };
}

async function runExport(wanted: string, flags: ExportFlags, output: Output): Promise<void> {
  const library = new FileLibrary(dataFolders().concepts);
  const { id, name } = await findStored(wanted, library);
  const chosen = await library.version(id, flags.revision);
  const { version } = chosen;
  const target = resolve(flags.out ?? fileStem(name) + CONCEPT_SUFFIX);
  if (existsSync(target) && !flags.replace) {
    throw new LikenessError('input', `${target} is there already`, {
      advice: 'Choose another --out, or write over it with --replace.',
    });
  }
  const program = flags.for;
  if (program === undefined) await library.export(id, target, version);
  else {
    const { bytes } = await exportConcept(await library.materialize(chosen), program);
    await writeFileAtomically(target, bytes, USER_MODES);
  }
  const { size: sizeBytes } = await stat(target);
  const notes = exportNotes(chosen, program);
  const exported = { id, name, version, path: target, sizeBytes, triggerWords: triggerWords(chosen), notes };
  output.event({ type: 'exported', ...exported, ...(program !== undefined && { for: program }) });
  const { green, bold, dim } = output.colours;
  output.say(`${green('✓')} Exported ${bold(`@${name}`)}, version ${version}, ${prettyBytes(sizeBytes)}`);
  output.say(`  ${target}`);
  for (const note of notes) output.say(dim(`  ${note}`));
}
