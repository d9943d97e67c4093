/** Uses every file that the system lets a process open, then tries what needs one more; prints the error of each by its name. */

import { openSync, writeSync } from 'node:fs';
import { EngineProcess } from '../../companion/engine/process/engine-process.ts';
import type { GenerateRequest } from '../../companion/engine/requests.ts';
import { decodePicture } from '../../companion/images/decode.ts';
import { readReference } from '../../companion/images/references/reference-image.ts';
import { MattingProcess } from '../../companion/matting/matting-process.ts';
import { readJsonObject } from '../../companion/storage/json-file.ts';
import { systemFault } from '../../companion/storage/system-fault.ts';
import { openSafetensors } from '../../companion/tensor/safetensors-file.ts';

const [own, png] = [process.argv[1]!, new Uint8Array(Buffer.from(process.argv[2]!, 'base64'))];
const engine = new EngineProcess();
const matting = new MattingProcess({ folder: 'none' });
const pixels = { width: 16, height: 16, channels: 3, data: new Uint8Array(768) } as const;

async function generate(): Promise<void> {
  for await (const _ of engine.generate({} as GenerateRequest));
}

const TRIED: Readonly<Record<string, () => Promise<unknown>>> = {
  settings: () => readJsonObject(own),
  weights: () => openSafetensors(own),
  reference: () => readReference(own),
  'picture file': () => decodePicture(own),
  picture: () => decodePicture(png),
  engine: generate,
  'engine again': generate,
  'cut-out': () => matting.cutOut(pixels, 'one.png'),
};

let last = 0;
try {
  for (;;) last = openSync('/dev/null', 'r');
} catch {
  // That was all of them.
}
const errors: Record<string, unknown> = { opened: last };
for (const [name, attempt] of Object.entries(TRIED)) {
  const error = systemFault(await attempt().catch((thrown: unknown) => thrown));
  const { code, message } = error as NodeJS.ErrnoException;
  errors[name] = [code, message];
}
writeSync(1, JSON.stringify(errors));
process.exit();
