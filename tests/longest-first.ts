/**
 * LongestFirst: the order of test files. Two are run at a time, and one of minutes that begins last leaves the other process
 * with nothing to do. Vitest knows how long each takes where it ran before; a fresh clone does not.
 */

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that start companions, commands or engines, by how long they take; the others are done in seconds. */
const LONG = [
  // The stranger has the plugin's ports to itself, as the first hour has: one after the other.
  /\/tests\/(e2e\/(?!stranger)|golden\/golden\.|models\/stable-diffusion-xl\.|library\/cut-off\.|plugin\/views\.)/,
  /\/tests\/(cli|e2e|evaluation|packaging)\//,
  /\/tests\/(checkpoint|engine|lora|models|tools|training)\//,
  /\/tests\/(plugin\/flows|bench|golden|images|library|matting|model-store|runtime|server|storage)\//,
];

const rank = ({ moduleId, project }: TestSpecification) => {
  // One after the other, without another project's between: they share a process.
  if (project.name === 'plain') return LONG.length + 1;
  const found = LONG.findIndex((files) => files.test(moduleId.replaceAll('\\', '/')));
  return found < 0 ? LONG.length : found;
};

export class LongestFirst extends BaseSequencer {
  /** Within one rank as vitest has it: by time where that is known, else by size. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}
