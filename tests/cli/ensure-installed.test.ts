import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { BINARY, temporaryFolder } from './binary.ts';

it('does not install into the packages of another checkout', () => {
  const [ours, theirs] = [join(temporaryFolder(), 'ours'), join(temporaryFolder(), 'theirs')];
  const script = join(ours, 'bin/ensure-installed.mjs');
  for (const folder of [dirname(script), join(theirs, 'sharp')]) mkdirSync(folder, { recursive: true });
  copyFileSync(join(dirname(BINARY), 'ensure-installed.mjs'), script);
  writeFileSync(join(ours, 'package.json'), '{ "name": "ours" }');
  writeFileSync(
    join(ours, 'package-lock.json'),
    '{ "name": "ours", "lockfileVersion": 3, "packages": { "": { "name": "ours" } } }',
  );
  symlinkSync(theirs, join(ours, 'node_modules'), 'junction'); // what Windows allows without rights

  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });

  expect(status).toBe(1);
  expect(stderr).toMatch(/node_modules is a link .* Run npm ci there, or remove the link/);
  expect(readdirSync(theirs)).toEqual(['sharp']);
  expect(lstatSync(join(ours, 'node_modules')).isSymbolicLink()).toBe(true);
});

it('leaves packages that are right, though the lock was written later', () => {
  const root = temporaryFolder();
  const script = join(root, 'bin/ensure-installed.mjs');
  for (const folder of [dirname(script), join(root, 'node_modules')]) mkdirSync(folder);
  copyFileSync(join(dirname(BINARY), 'ensure-installed.mjs'), script);
  const installed = { 'node_modules/sharp': { version: '1.0.0' } };
  const stamp = join(root, 'node_modules/.package-lock.json');
  writeFileSync(stamp, JSON.stringify({ packages: installed }));
  utimesSync(stamp, 0, 0);
  const wanted = { '': { name: 'ours' }, ...installed, 'node_modules/other-system': { optional: true } };
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: wanted }));

  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });

  expect([status, stderr]).toEqual([0, '']);
});
