/** modelFacts and taskText: what a person chooses a model by, and how far the work on it is, in words. */

import type { ModelCard, ModelList, ModelTask } from '../../../../shared/protocol/model.ts';
import { durationText, sizeText, timeLeft } from '../labels.ts';

/** "512 px", "2.1 GB", "8 GB of memory", "about 40 s a picture here". */
export function modelFacts({
  resolution,
  sizeBytes,
  memoryBytes,
  secondsPerPicture,
}: ModelCard): readonly string[] {
  return [
    resolution === null ? '' : `${resolution} px`,
    sizeBytes === 0 ? '' : sizeText(sizeBytes),
    memoryBytes === null ? '' : `${sizeText(memoryBytes)} of memory`,
    secondsPerPicture === null ? '' : `about ${durationText(secondsPerPicture)} a picture here`,
  ].filter(Boolean);
}

/** Names of licences by the ids under which hubs and the protocol know them. */
const LICENCE_NAMES: Readonly<Record<string, string>> = {
  mit: 'MIT',
  'apache-2.0': 'Apache 2.0',
  'creativeml-openrail-m': 'CreativeML Open RAIL-M',
  'openrail++': 'CreativeML Open RAIL++-M',
};

/** "MIT"; the id itself where it is no known one. */
export function licenceName(id: string): string {
  return LICENCE_NAMES[id] ?? id;
}

/** The reason why a model does not fit this computer; undefined for one that does. */
export function misfit(card: ModelCard, list: ModelList): string | undefined {
  if (card.fit === 'too-large') {
    return `It needs about ${sizeText(card.memoryBytes!)} of memory; this computer has ${sizeText(list.memoryBytes)}.`;
  }
  const missing = card.sizeBytes - card.keptBytes - (card.task?.bytes ?? 0);
  if (card.place !== 'offered' || missing <= list.freeDiskBytes) return undefined;
  return `It needs ${sizeText(missing)} on the disk; ${sizeText(list.freeDiskBytes)} are free.`;
}

/** "Getting 1.2 of 2.1 GB · 12 MB a second · about 3 min left". */
export function taskText({ kind, state, bytes, totalBytes, bytesPerSecond, secondsLeft }: ModelTask): string {
  const isAll = totalBytes > 0 && bytes >= totalBytes;
  if (state === 'running' && totalBytes === 0)
    return kind === 'pull' ? 'Asking the hub' : 'Checking the files';
  if (state === 'running' && isAll) return 'Checking the files';
  const amount = totalBytes === 0 ? '' : `${sizeText(bytes)} of ${sizeText(totalBytes)}`;
  if (state === 'paused') return ['Paused', amount].filter(Boolean).join(' · ');
  const rate = bytesPerSecond > 0 && kind === 'pull' ? `${sizeText(bytesPerSecond)} a second` : '';
  return [amount, rate, timeLeft(secondsLeft)].filter(Boolean).join(' · ');
}

/** 0..100; null while there is nothing to count. */
export function taskPercent({ bytes, totalBytes }: ModelTask): number | null {
  return totalBytes === 0 ? null : Math.floor((100 * bytes) / totalBytes);
}
