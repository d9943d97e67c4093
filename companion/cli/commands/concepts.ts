/** `likeness concepts`: listed, shown, removed and restored. */

import type { Command } from 'commander';
import prettyBytes from 'pretty-bytes';
import { PROGRAM } from '../../../shared/errors.ts';
import { CONCEPT_TRASH_DAYS } from '../../../shared/protocol/limits.ts';
import type { ConceptFileInfo } from '../../concepts/concept-file.ts';
import type { KeptSet } from '../../library/concept-library.ts';
import { FileLibrary } from '../../library/file-library.ts';
import { findConcept, findRemoved, findStored, listConcepts } from '../../library/find-concept.ts';
import { versionWithReferences } from '../../library/teach-again.ts';
import { dataFolders } from '../../storage/folders.ts';
import { formatFacts, formatNumberOf, formatTable } from '../terminal/format.ts';
import type { JsonEvent, Output } from '../terminal/output.ts';
import { registerConceptReferences } from './concept-references.ts';
import { registerConceptRights } from './concept-rights.ts';
import { registerConceptTransfer } from './concept-transfer.ts';

const EXAMPLES = `
Examples:
  ${PROGRAM} concepts list
  ${PROGRAM} concepts show aurora
  ${PROGRAM} concepts export aurora --out aurora.safetensors
  ${PROGRAM} concepts import watch.safetensors --name watch --class "wrist watch"
  ${PROGRAM} concepts remove aurora`;

export function registerConcepts(program: Command, output: Output): void {
  const concepts = program
    .command('concepts')
    .description('Concepts in the data folder.')
    .summary('what has been taught')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES);
  concepts
    .command('list')
    .description('all of them, a line each')
    .option('--removed', 'those that can be restored')
    .action(({ removed }: { removed?: true }) => (removed ? runListRemoved(output) : runList(output)));
  concepts
    .command('show')
    .description('everything that a concept says of itself')
    .argument('<concept>', 'name, or path of a file')
    .action((wanted: string) => runShow(wanted, output));
  registerConceptTransfer(concepts, output);
  registerConceptRights(concepts, output);
  registerConceptReferences(concepts, output);
  registerConceptRemoval(concepts, output);
}

function registerConceptRemoval(concepts: Command, output: Output): void {
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

async function runList(output: Output): Promise<void> {
  const folder = dataFolders().concepts;
  const entries = await listConcepts(folder);
  const rows: string[][] = [];
  for (const { path, summary, fault, models } of entries) {
    if (summary === undefined) {
      output.event({ type: 'damaged', path, code: fault!.code, message: fault!.message });
      output.warn(fault!.message);
    } else {
      output.event(conceptEvent(summary));
      const { name, classWord, referenceCount, sizeBytes, createdAt } = summary;
      const frames = formatNumberOf(referenceCount, 'picture');
      rows.push([
        `@${name}`,
        classWord,
        models.join(', '),
        frames,
        prettyBytes(sizeBytes),
        createdAt.slice(0, 10),
      ]);
    }
  }
  if (rows.length === 0) {
    output.say(`No concepts in ${folder}.`);
    output.say(output.colours.dim(`Teach one: ${PROGRAM} teach photos/ --name aurora --class bottle`));
    return;
  }
  const header = ['NAME', 'CLASS', 'MODEL', 'TAUGHT FROM', 'SIZE', 'DATE'];
  output.answer(formatTable(header, rows, output.answerColours));
}

async function runShow(wanted: string, output: Output): Promise<void> {
  const concept = await findConcept(wanted, dataFolders().concepts);
  output.event(conceptEvent(concept));
  const { baseModel, resolution, rights } = concept;
  const kept = await keptReferences(concept);
  const hash = baseModel.hash === undefined ? 'not known' : baseModel.hash;
  const facts: (readonly [string, string])[] = [
    ['name', `@${concept.name}`],
    ['class word', concept.classWord],
    ['identifier', concept.identifier + (concept.hasTokenEmbedding ? ' (with a learned embedding)' : '')],
    ['model', `${baseModel.name}, ${baseModel.architecture}, hash ${hash}`],
    [
      'taught from',
      `${formatNumberOf(concept.referenceCount, 'picture')} at ${resolution.width}x${resolution.height}`,
    ],
    [
      'kept pictures',
      kept === undefined
        ? 'none'
        : `${kept.keys.length}, ${prettyBytes(kept.sizeBytes)}: to teach it again from`,
    ],
    [
      'finds the product by',
      concept.hasObjectProbe ? 'a probe learned from cut-outs' : 'attention to its words',
    ],
    ['taught', `${concept.createdAt}, version ${concept.version}`],
    ...Object.entries(concept.figures).map(([name, value]) => [name, value.toPrecision(4)] as const),
    ...Object.entries(rights).map(([name, value]) => [name, String(value)] as const),
    ...Object.entries(concept.method).map(([name, value]) => [name, String(value)] as const),
    ['weights', concept.weightHash],
    ['file', `${concept.path}, ${prettyBytes(concept.sizeBytes)}`],
  ];
  output.answer(formatFacts(facts, output.answerColours));
}

/** The pictures that the library keeps of a version, or of another one of its concept. */
async function keptReferences({ weightHash }: ConceptFileInfo): Promise<KeptSet | undefined> {
  const library = new FileLibrary(dataFolders().concepts);
  const { concepts } = await library.list();
  const holder = concepts.find(({ versions }) => versions.some((one) => one.weightHash === weightHash));
  const version = holder && (await versionWithReferences(holder.id, library));
  return version && (await library.references()).get(version.weightHash);
}

/** A thumbnail is for eyes, and samples of weights are for comparison: they would fill the line. */
function conceptEvent({ thumbnail: _, baseWeights: __, ...summary }: ConceptFileInfo): JsonEvent {
  return { type: 'concept', ...summary };
}

async function runListRemoved(output: Output): Promise<void> {
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
    prettyBytes(sizeBytes),
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
