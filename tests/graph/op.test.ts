import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import '../../companion/graph/ops/index.ts';
import { definedOps, defineOp } from '../../companion/graph/op.ts';

const FOLDER = new URL('../../companion/graph/ops/', import.meta.url);

/** Groups of ops; each imports only those before it. */
const GROUPS = [
  'elementwise',
  'shape',
  'indexing',
  'reductions',
  'linear-algebra',
  'normalization',
  'attention',
  'winograd',
  'kernel-copies',
  'convolution',
  'resizing',
];

it('refuses two ops of one name', () => {
  const { name } = definedOps[0]!;
  expect(() => defineOp({ name, infer: () => [] })).toThrow(`two ops are called ${name}`);
});

it('has ops in groups that import only those before them', () => {
  const files = readdirSync(FOLDER).filter((name) => name !== 'index.ts');
  expect(files.toSorted()).toEqual(GROUPS.map((group) => `${group}.ts`).toSorted());
  const wrong = GROUPS.flatMap((group, place) => {
    const source = readFileSync(new URL(`${group}.ts`, FOLDER), 'utf8');
    const imported = [...source.matchAll(/from '\.\/([^']+)\.ts'/g)].map((match) => match[1]!);
    return imported.filter((other) => !GROUPS.slice(0, place).includes(other)).map((other) => [group, other]);
  });
  expect(wrong).toEqual([]);
});
