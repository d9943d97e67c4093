/** A process that decodes: says its decoder's id, decodes again for the time of an interruption, then for ever. */

import { decodeInProcess } from '../../../companion/images/decode.ts';
import { DecoderPool } from '../../../companion/images/decoding/decoder-pool.ts';
import { plainPng } from './picture-bytes.ts';

const pool = new DecoderPool();
const small = plainPng({ colourType: 2, samples: [1, 2, 3] });
const large = plainPng({ colourType: 6, samples: [1, 2, 3, 255], side: 2048 });
await decodeInProcess(small, { pool });
const [pid] = pool.idlePids;
const reading = decodeInProcess(large, { pool, resolution: 128 });
process.stdout.write(`${pid}`);
await reading;
process.stdout.write('read after an interruption\n');
while (true) await decodeInProcess(large, { pool, resolution: 128 });
