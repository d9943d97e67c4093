import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Bytes of a PNG in `examples/`. @param file such as `aurora/cutout-01.png` */
export const examplePicture = (file: string) =>
  readFileSync(fileURLToPath(new URL(`../../examples/${file}`, import.meta.url)));
