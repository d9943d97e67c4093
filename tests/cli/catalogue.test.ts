import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { likeness, runInside, temporaryFolder } from './binary.ts';
import { writeFrames } from './picture-files.ts';
import { NEEDS_MODEL, SMALL_MODEL } from './small-model.ts';

const PRODUCTS = ['aurora', 'summit', 'zephyr'];
const SCENES = ['on a beach', 'on grass', 'a shelf with {product} on it', '"on a table, by a window"'];
const SIZES = ['64x64', '96x64', '64x96'];
const KILLS = 5;

const picturesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.png') && name !== 'grid.png')
    .sort();

describe.skipIf(SMALL_MODEL === undefined)(`likeness catalogue (${NEEDS_MODEL})`, () => {
  const engine = ['--model', SMALL_MODEL!, '--device', 'cpu', '--threads', '2', '--steps', '2'];
  let frames: string;
  let concepts: string;

  const homeWithProducts = () => {
    const home = temporaryFolder();
    mkdirSync(join(home, 'data', 'concepts'), { recursive: true });
    for (const name of readdirSync(concepts).filter((each) => each.endsWith('.safetensors'))) {
      copyFileSync(join(concepts, name), join(home, 'data', 'concepts', name));
    }
    return home;
  };

  beforeAll(async () => {
    const home = mkdtempSync(join(tmpdir(), 'likeness-catalogue-'));
    frames = await writeFrames(home, 1);
    const teach = ['--class', 'toy', '--steps', '1', '--model', SMALL_MODEL!, '--device', 'cpu'];
    for (const name of PRODUCTS) {
      const taught = await runInside(['teach', frames, '--name', name, ...teach], { home });
      expect(taught.exitCode, taught.stderr).toBe(0);
    }
    concepts = join(home, 'data', 'concepts');
    return () => rmSync(home, { recursive: true });
  });

  it('of 3 products x 4 scenes x 3 sizes is killed five times and ends with 36 pictures, none made twice', async () => {
    const home = homeWithProducts();
    const rows = PRODUCTS.flatMap((product) =>
      SCENES.flatMap((scene) => SIZES.map((size) => `${product},${scene},${size}`)),
    );
    writeFileSync(join(home, 'spring.csv'), `product,scene,size\n${rows.join('\n')}\n`);
    const out = join(home, 'spring');
    const args = ['catalogue', join(home, 'spring.csv'), '--out', out, ...engine, '--json'];
    /** Each picture's file by the moment it was first seen: one that is made again is another file. */
    const seen = new Map<string, number>();
    const told: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const stopsAfter = 2 + kill;
      let made = 0;
      const ended = await likeness(args, {
        home,
        whenEvent: ({ type }, child) => {
          if (type === 'made') made++;
          // Now behind a picture, now in the middle of the next.
          if (made === stopsAfter && type === (kill % 2 === 0 ? 'made' : 'begun')) child.kill('SIGKILL');
        },
      });
      expect(ended.exitCode).toBeNull();
      told.push(...ended.events.filter(({ type }) => type === 'made').map(({ file }) => file as string));
      for (const name of picturesIn(out)) {
        const { ino, mtimeMs } = statSync(join(out, name));
        expect(seen.get(name) ?? ino + mtimeMs, name).toBe(ino + mtimeMs);
        seen.set(name, ino + mtimeMs);
      }
    }
    expect(seen.size).toBeGreaterThanOrEqual(2 + 3 + 4 + 5 + 6);
    expect(seen.size).toBeLessThan(36);

    const last = await likeness(args, { home });
    expect(last.exitCode, last.stderr).toBe(0);
    expect(last.events.at(-1)).toMatchObject({ type: 'catalogue', pictures: 36, made: 36, failed: 0 });
    told.push(...last.events.filter(({ type }) => type === 'made').map(({ file }) => file as string));
    expect(picturesIn(out)).toHaveLength(36);
    expect(new Set(told).size).toBe(told.length);
    for (const [name, identity] of seen) {
      const { ino, mtimeMs } = statSync(join(out, name));
      expect(ino + mtimeMs, name).toBe(identity);
    }
    expect(picturesIn(out)).toContain('aurora/a-shelf-with-product-on-it-96x64.png');
    const text = readFileSync(join(out, 'aurora', 'a-shelf-with-product-on-it-96x64.png')).toString('latin1');
    expect(text).toContain('a shelf with @aurora on it');
    expect(statSync(join(out, 'grid.png')).size).toBeGreaterThan(1000);

    const again = await runInside(args, { home });
    expect(again.events.map(({ type }) => type)).toEqual(['catalogue']);
  });

  it('goes on with the versions that it was begun with, and not without them', async () => {
    const home = homeWithProducts();
    const out = join(home, 'out');
    const args = ['catalogue', '--products', 'aurora', 'summit', '--scenes', 'on a beach', '--out', out];
    const small = [...args, '--sizes', '64x64', ...engine, '--json'];
    expect((await runInside(small, { home })).exitCode).toBe(0);
    const begun = JSON.parse(readFileSync(join(out, 'catalogue.json'), 'utf8')).concepts;
    expect(begun.map(({ name }: { name: string }) => name)).toEqual(['aurora', 'summit']);

    const teach = ['teach', frames, '--name', 'aurora', '--class', 'toy', '--steps', '2', '--seed', '9'];
    const again = await runInside([...teach, '--model', SMALL_MODEL!, '--device', 'cpu'], { home });
    expect(again.exitCode, again.stderr).toBe(0);
    const first = picturesIn(out)[0]!;
    const made = readFileSync(join(out, first));
    rmSync(join(out, first));
    const resumed = await runInside(small, { home });
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(resumed.events.filter(({ type }) => type === 'made')).toMatchObject([{ file: first }]);
    expect(readFileSync(join(out, first)).equals(made)).toBe(true);

    const newest = join(home, 'data', 'concepts', 'aurora.v2.safetensors');
    rmSync(join(out, first));
    const other = await runInside([...small, '--concept', newest], { home });
    expect(other.stderr).toContain('was begun with another version of aurora');
    // As of a version that was deleted.
    const record = readFileSync(join(out, 'catalogue.json'), 'utf8');
    writeFileSync(join(out, 'catalogue.json'), record.replace(begun[0].weightHash, '0'.repeat(64)));
    const gone = await runInside(small, { home });
    expect(gone.stderr).toContain('the version of aurora that the catalogue in');
    expect(gone.exitCode).toBe(1);
  }, 60_000);

  it('keeps what failed with its reason, tries it again when asked, and says so by its exit code', async () => {
    const home = homeWithProducts();
    const lists = ['--products', 'aurora', '--scenes', 'on a beach', '@missing on grass', '--sizes', '64x64'];
    const args = ['catalogue', ...lists, '--out', join(home, 'out'), ...engine, '--json'];
    const first = await runInside(args, { home });
    expect(first.exitCode).toBe(1);
    expect(first.events.at(-1)).toMatchObject({ made: 1, failed: 1 });
    expect(first.stderr).toContain('no concept is named @missing');
    expect(first.events.map(({ type }) => type)).toEqual(['begun', 'made', 'begun', 'failed', 'catalogue']);

    const second = await runInside(args, { home });
    expect(second.exitCode).toBe(1);
    expect(second.events.map(({ type }) => type)).toEqual(['catalogue']);
    expect(second.stderr).toContain('no concept is named @missing');

    const teach = ['teach', frames, '--name', 'missing', '--class', 'toy', '--steps', '1'];
    expect((await runInside([...teach, '--model', SMALL_MODEL!], { home })).exitCode).toBe(0);
    const third = await runInside([...args, '--retry'], { home });
    expect(third.exitCode, third.stderr).toBe(0);
    expect(third.events.map(({ type }) => type)).toEqual(['begun', 'made', 'catalogue']);
    const record = JSON.parse(readFileSync(join(home, 'out', 'catalogue.json'), 'utf8'));
    expect(record.pictures.some((picture: object) => 'failed' in picture)).toBe(false);
  });

  it('refuses before it starts: products that are not there, other settings, and places that are taken', async () => {
    const home = homeWithProducts();
    const out = join(home, 'out');
    const args = (...lists: string[]) => [
      'catalogue',
      '--out',
      out,
      '--sizes',
      '64x64',
      '--scenes',
      ...lists,
    ];
    const unknown = await runInside([...args('on a beach'), '--products', 'auror', 'aurora', 'gone'], {
      home,
    });
    expect(unknown.stderr).toContain('no concept is named auror, gone; known are aurora, summit, zephyr');
    mkdirSync(join(out, 'aurora'), { recursive: true });
    writeFileSync(join(out, 'aurora', 'on-a-beach-64x64.png'), 'mine');
    const taken = await runInside([...args('on a beach'), '--products', 'aurora'], { home });
    expect(taken.stderr).toContain('aurora/on-a-beach-64x64.png is in');
    expect(taken.exitCode).toBe(2);
    expect(readFileSync(join(out, 'aurora', 'on-a-beach-64x64.png'), 'utf8')).toBe('mine');

    const made = await runInside([...args('on grass'), '--products', 'aurora', ...engine], { home });
    expect(made.exitCode, made.stderr).toBe(0);
    const other = await runInside([...args('on grass'), '--products', 'aurora', '--steps', '9'], { home });
    expect(other.stderr).toContain('was begun with model');
    expect(other.exitCode).toBe(2);
  });
});
