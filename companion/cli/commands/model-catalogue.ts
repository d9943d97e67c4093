/** `likeness models list --available` and `show`: models by short names, and what is known of one of them or of one that is here. */

import { totalmem } from 'node:os';
import { join } from 'node:path';
import prettyBytes from 'pretty-bytes';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import { MATTING_MODEL, openMattingFolder, UPSCALER_MODEL } from '../../matting/matting-folder.ts';
import { findModel, listAccelerators, listModels, SUPPORTED_MODELS } from '../../model-store/catalogue.ts';
import { CATALOGUE } from '../../model-store/catalogue-entries.ts';
import type { CatalogueEntry } from '../../model-store/catalogue-entry.ts';
import type { DeviceSpeed } from '../../runtime/speed-test.ts';
import { dataFolders } from '../../storage/folders.ts';
import { formatCount, formatFacts, formatTable } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';

/** Cells of a terminal in which a line for each fits with its use. */
const WIDE_CELLS = 120;

const TITLES: Readonly<Record<CatalogueEntry['kind'], string>> = {
  model: 'Models',
  accelerator: 'Accelerators, merged into a model of their kind',
  'fast decoder': 'Fast decoders, fetched with their models',
  upscaler: 'Enlargers of pictures, for `upscale` and the panel',
  'background remover': 'Removers of backgrounds, for `cut-out` and the panel',
};

/** Entries by kind, each kind a table. */
export async function runAvailable(output: Output): Promise<void> {
  const here = await presentNames();
  const speed = await speedOfHere(output);
  const { catalogueSeconds } = await import('../../model-store/cards/picture-cost.ts');
  const secondsOf = (entry: CatalogueEntry) => speed && catalogueSeconds(entry, speed);
  for (const kind of Object.keys(TITLES) as CatalogueEntry['kind'][]) {
    const entries = CATALOGUE.filter((entry) => entry.kind === kind);
    for (const entry of entries) {
      const cost = { secondsPerPicture: secondsOf(entry) };
      output.event({ type: 'available', isHere: here.has(entry.name), ...entry, ...cost });
    }
    const isWide = output.columns >= WIDE_CELLS;
    const header = [
      'NAME',
      'PICTURES',
      'A PICTURE',
      'SIZE',
      'MEMORY',
      'LICENCE',
      ...(isWide ? ['GOOD FOR'] : []),
    ];
    const rows = entries.map((entry) => [
      entry.name,
      'usual' in entry ? `${entry.usual.side} px` : '',
      costText(secondsOf(entry)),
      here.has(entry.name) ? 'here' : prettyBytes(entry.sizeBytes),
      'memoryBytes' in entry ? prettyBytes(entry.memoryBytes) : '',
      licenceText(entry),
      ...(isWide ? [entry.goodFor] : []),
    ]);
    output.answer(`${output.answerColours.bold(TITLES[kind])}`);
    output.answer(`${formatTable(header, rows, output.answerColours)}\n`);
  }
  const { dim } = output.colours;
  output.say(dim(`\`${PROGRAM} models show NAME\` says more, \`${PROGRAM} models pull NAME\` fetches one.`));
  output.say(
    dim(`Or owner/name of another ${SUPPORTED_MODELS} model. Its licence is between you and its owner.`),
  );
}

/** Facts of a model on this computer by its own files, for one that the catalogue does not have. */
async function showModelHere(name: string, speed: DeviceSpeed | undefined, output: Output): Promise<void> {
  // Loaded here, as with the other commands: checkpoints and graphs would make `--help` wait.
  const { summariseModel } = await import('../../model-store/summary.ts');
  const { modelSeconds } = await import('../../model-store/cards/picture-cost.ts');
  const { readPullRecord } = await import('../../model-store/pull-folder.ts');
  const folder = await findModel(name, dataFolders());
  const summary = await summariseModel(folder);
  const record = await readPullRecord(folder);
  const secondsPerPicture = speed && (await modelSeconds(summary, speed));
  output.event({
    type: 'model',
    ...summary,
    ...(secondsPerPicture !== undefined && { secondsPerPicture }),
    ...(record && { repository: record.repository, commit: record.commit }),
  });
  const { resolution, sizes, parameters, precision, sizeBytes, licence = 'not stated' } = summary;
  const cost = costText(secondsPerPicture);
  const facts: readonly (readonly [string, string])[] = [
    ['model', name],
    ['pictures', `${resolution} px`],
    ...(sizes.length === 0
      ? []
      : [['sizes', sizes.map(({ width, height }) => `${width}x${height}`).join(', ')] as const]),
    ...(cost === '' ? [] : [['a picture here', cost] as const]),
    ['parameters', `${formatCount(parameters)}, ${precision}`],
    ['licence', licence],
    ...(record ? [['on the hub', `${record.repository} at ${record.commit}`] as const] : []),
    ['size', `${prettyBytes(sizeBytes)}, here already`],
    ['folder', folder],
  ];
  output.answer(formatFacts(facts, output.answerColours));
}

/** Speed of this computer, measured the first time; undefined where it cannot be. */
export async function speedOfHere(output: Output): Promise<DeviceSpeed | undefined> {
  // Loaded here, since onnxruntime would make `--help` wait.
  const { speedHere } = await import('../../runtime/device-speed.ts');
  const whenMeasuring = () => output.say('Measuring this computer, once, to tell what a picture costs ...');
  return speedHere({ device: 'auto', cacheFolder: dataFolders().cache, whenMeasuring });
}

/** "about 4 min"; nothing where it is not known. */
export function costText(seconds: number | undefined): string {
  if (seconds === undefined) return '';
  if (seconds < 1) return 'about a second';
  return `about ${seconds < 90 ? `${Math.round(seconds)} s` : formatMinutes(seconds)}`;
}

function formatMinutes(seconds: number): string {
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** @throws LikenessError `input` for a name that neither the catalogue has nor a model on this computer */
export async function runShow(name: string, output: Output): Promise<void> {
  const entry = CATALOGUE.find((known) => known.name === name);
  const isHere = (await presentNames()).has(name);
  if (entry === undefined && isHere) {
    await showModelHere(name, await speedOfHere(output), output);
    return;
  }
  if (entry === undefined) {
    throw new LikenessError(
      'input',
      `the catalogue has no ${JSON.stringify(name)}, and no model here has the name`,
      {
        advice: `\`${PROGRAM} models list\` says which models are here, with --available which others there are.`,
      },
    );
  }
  const speed = await speedOfHere(output);
  const { catalogueSeconds } = await import('../../model-store/cards/picture-cost.ts');
  const seconds = speed && catalogueSeconds(entry, speed);
  output.event({ type: 'available', isHere, ...entry, secondsPerPicture: seconds });
  const facts = factsOf(entry, isHere, costText(seconds));
  output.answer(formatFacts(facts, output.answerColours));
  const { note } = entry.licence;
  if (note !== undefined) output.warn(note);
}

function factsOf(
  entry: CatalogueEntry,
  isHere: boolean,
  cost: string,
): readonly (readonly [string, string])[] {
  const { title, kind, goodFor, licence, repository, sizeBytes } = entry;
  return [
    ['model', title],
    ['kind', kind],
    ['good for', goodFor],
    ...('usual' in entry ? usualFacts(entry.usual) : []),
    ...(cost === '' ? [] : [['a picture here', cost] as const]),
    ['licence', `${licenceText(entry)}  ${licence.page}`],
    ['on the hub', 'file' in entry ? `${repository}: ${entry.file}` : repository],
    ...('memoryBytes' in entry ? [['memory', memoryText(entry.memoryBytes)] as const] : []),
    ['size', `about ${prettyBytes(sizeBytes)}${isHere ? ', here already' : ''}`],
  ];
}

/** Memory that a picture takes, held to this computer's. */
function memoryText(bytes: number): string {
  const here = totalmem();
  const verdict = bytes <= here ? 'it fits' : 'too little for it';
  return `about ${prettyBytes(bytes)} for a picture; this computer has ${prettyBytes(here)}: ${verdict}`;
}

function usualFacts({ side, steps, guidanceScale, sampler, spacing }: UsualOf): readonly [string, string][] {
  const guidance = guidanceScale === 1 ? 'no guidance' : `guidance ${guidanceScale}`;
  const timesteps = spacing === undefined ? '' : `, spacing ${spacing}`;
  return [['usual', `${side}x${side} px, ${steps} steps, ${guidance}, sampler ${sampler}${timesteps}`]];
}

type UsualOf = Extract<CatalogueEntry, { readonly kind: 'model' }>['usual'];

function licenceText({ licence: { name = 'not stated' } }: CatalogueEntry): string {
  return name;
}

async function presentNames(): Promise<ReadonlySet<string>> {
  const folders = dataFolders();
  const places = [...(await listModels(folders)), ...(await listAccelerators(folders))];
  const networks: string[] = [];
  for (const name of [MATTING_MODEL, UPSCALER_MODEL]) {
    const isHere = await openMattingFolder(join(folders.models, name)).then(
      () => true,
      () => false,
    );
    if (isHere) networks.push(name);
  }
  return new Set([...places.map(({ name }) => name), ...networks]);
}
