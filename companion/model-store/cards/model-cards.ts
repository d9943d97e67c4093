/**
 * modelCards: the models that are here and those that can be had, each with what a person chooses by. Memory and
 * processor of this computer decide which one is recommended.
 */

import { readlink } from 'node:fs/promises';
import { totalmem } from 'node:os';
import {
  licenceIdSchema,
  type ModelCard,
  type ModelTask,
  modelNameSchema,
} from '../../../shared/protocol/model.ts';
import { reportOf } from '../../../shared/protocol/zod.ts';
import type { DeviceSpeed } from '../../runtime/speed-test.ts';
import type { DataFolders } from '../../storage/folders.ts';
import { DEFAULT_MODEL, listModels, type ModelPlace } from '../catalogue.ts';
import { CATALOGUE } from '../catalogue-entries.ts';
import { forPanel } from '../model-task-steps.ts';
import { readPullRecord, unfinishedPulls } from '../pull-folder.ts';
import { summariseModel } from '../summary.ts';
import { catalogueSeconds, modelSeconds } from './picture-cost.ts';

const MODELS = CATALOGUE.filter((entry) => entry.kind === 'model');

export interface CardOptions {
  readonly folders: DataFolders;
  /** Path of the model in use. */
  readonly inUse: string;
  /** The engine's device. */
  readonly device: string;
  /** Work that is under way or has ended. */
  readonly taskOf: (name: string) => ModelTask | undefined;
  /** Seconds that a picture took here the last times; undefined for a model that made none. */
  readonly secondsOf: (name: string) => number | undefined;
  /** Tells the cost for models that made no picture; undefined while it is not known. */
  readonly speed: DeviceSpeed | undefined;
}

/** Those here first, then those that can be had. */
export async function modelCards(options: CardOptions): Promise<readonly ModelCard[]> {
  const { folders, device, taskOf } = options;
  // A file may have a name that is no part of an address: the command line lists it, and clients could not use it.
  const places = (await listModels(folders)).filter(({ name }) => modelNameSchema.safeParse(name).success);
  const kept = new Map(
    (await unfinishedPulls(folders.models)).map(({ name, sizeBytes }) => [name, sizeBytes]),
  );
  const here = await Promise.all(places.map((place) => cardOf(place, options)));
  const offered = MODELS.filter(({ name }) => !places.some((place) => place.name === name)).map((entry) => ({
    ...EMPTY_CARD,
    ...knownFacts(entry.name),
    name: entry.name,
    place: 'offered' as const,
    secondsPerPicture: (options.speed && catalogueSeconds(entry, options.speed)) ?? null,
  }));
  const cards = [...here, ...offered].map((card) => ({
    ...card,
    keptBytes: kept.get(card.name) ?? 0,
    task: taskOf(card.name) ?? null,
    secondsPerPicture: options.secondsOf(card.name) ?? card.secondsPerPicture,
  }));
  const best = bestFor({ device, memoryBytes: totalmem() }, cards);
  return cards.map((card) => ({ ...card, fit: card.name === best ? 'recommended' : fitOf(card) }));
}

/** Facts of a card that nothing is known of. */
export const EMPTY_CARD: Omit<ModelCard, 'name' | 'title' | 'place'> = {
  path: null,
  inUse: false,
  isDemonstration: false,
  fault: null,
  goodFor: null,
  resolution: null,
  sizeBytes: 0,
  keptBytes: 0,
  memoryBytes: null,
  secondsPerPicture: null,
  licence: null,
  fit: 'fits',
  task: null,
};

async function cardOf(place: ModelPlace, { inUse, speed }: CardOptions): Promise<ModelCard> {
  const { name, folder, origin } = place;
  const path = origin === 'linked' ? await readlink(folder).catch(() => folder) : null;
  const card = {
    ...EMPTY_CARD,
    ...knownFacts(name),
    name,
    place: origin,
    path,
    inUse: folder === inUse,
  };
  try {
    const { resolution, sizeBytes, licence, isDemonstration } = await summariseModel(folder);
    const own = licenceNamed(licence);
    const secondsPerPicture = speed === undefined ? null : await modelSeconds(place, speed);
    return {
      ...card,
      resolution,
      sizeBytes,
      isDemonstration,
      secondsPerPicture,
      licence: card.licence ?? own,
    };
  } catch (error) {
    const record = await readPullRecord(folder).catch(() => undefined);
    const licence = card.licence ?? licenceNamed(record?.licence);
    return { ...card, sizeBytes: 0, licence, fault: reportOf(forPanel(error)) };
  }
}

/** Null also for a text where a name of a licence is meant. */
function licenceNamed(wanted: string | undefined): ModelCard['licence'] {
  const id = licenceIdSchema.safeParse(wanted).data;
  return id === undefined ? null : { id, url: null, note: null };
}

/** Share of a computer's memory that a model may take beside the design tool. */
const COMFORTABLE_SHARE = 0.75;
/** Side of the largest pictures that a processor without a GPU makes in minutes. */
const PROCESSOR_SIDE = 512;

interface Computer {
  readonly device: string;
  readonly memoryBytes: number;
}

/** Name of the model with the largest pictures that this computer makes in bearable time. */
function bestFor({ device, memoryBytes }: Computer, cards: readonly ModelCard[]): string | undefined {
  const isGpu = device !== 'cpu' && device !== 'auto';
  const bearable = cards.filter(
    ({ fault, resolution, memoryBytes: wanted }) =>
      fault === null &&
      (isGpu || (resolution ?? 0) <= PROCESSOR_SIDE) &&
      (wanted ?? 0) <= COMFORTABLE_SHARE * memoryBytes,
  );
  const [best] = bearable.sort((a, b) => (b.resolution ?? 0) - (a.resolution ?? 0));
  return best?.name;
}

function fitOf({ memoryBytes }: ModelCard): ModelCard['fit'] {
  return (memoryBytes ?? 0) > totalmem() ? 'too-large' : 'fits';
}

type KnownFacts = Pick<ModelCard, 'title'> & Partial<ModelCard>;

function knownFacts(name: string): KnownFacts {
  if (name === DEFAULT_MODEL) return DEMONSTRATION;
  const known = MODELS.find((model) => model.name === name);
  if (known === undefined) return { title: name };
  const { title, licence, sizeBytes, usual, memoryBytes, goodFor } = known;
  const { name: id = 'not stated', page: url, note = null } = licence;
  return { title, goodFor, memoryBytes, sizeBytes, resolution: usual.side, licence: { id, url, note } };
}

const DEMONSTRATION: KnownFacts = {
  title: 'Demonstration model',
  goodFor: 'trying Likeness at once: small pictures of toys',
  memoryBytes: 1e9,
};
