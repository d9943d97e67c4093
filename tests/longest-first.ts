/**
 * LongestFirst: the order of test files. Two are run at a time, and one of minutes that begins last leaves the other process
 * with nothing to do. Vitest knows how long each takes where it ran before; a fresh clone does not.
 */

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that start companions, commands or engines, by how long they take; the others are done in seconds. */
const LONG = [
  // The stranger has the plugin's ports to itself, as the first hour has: one after the other.
  /\/tests\/e2e\/(?!stranger)/,
  /\/tests\/(evaluation|packaging)\//,
  /\/tests\/(cli|e2e)\//,
  /\/tests\/plugin\/views\./,
  /\/tests\/(engine|training|models|tools)\//,
  /\/tests\/(plugin\/flows|server|model-store|matting|library|storage)\//,
];

const rank = ({ moduleId }: TestSpecification) => {
  const found = LONG.findIndex((files) => files.test(moduleId.replaceAll('\\', '/')));
  return found < 0 ? LONG.length : found;
};

export class LongestFirst extends BaseSequencer {
  /** Within one rank as vitest has it: by time where that is known, else by size. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}
