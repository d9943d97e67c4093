import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCatalogueFile } from '../../companion/cli/catalogue/catalogue-file.ts';
import { planCatalogue } from '../../companion/cli/catalogue/catalogue-plan.ts';
import { pictureNames } from '../../companion/cli/catalogue/picture-names.ts';
import { CATALOGUE_MAX_PICTURES } from '../../shared/catalogue-file.ts';
import { temporaryFolder } from './binary.ts';

async function read(text: string | Uint8Array) {
  const path = join(temporaryFolder(), 'catalogue.csv');
  writeFileSync(path, text);
  return readCatalogueFile(path);
}

const rowsOf = async (text: string | Uint8Array) => (await read(text)).rows;

describe('a catalogue file', () => {
  it('is read as spreadsheets write it: byte order mark, CRLF, quotes, semicolons, UTF-16', async () => {
    const expected = [
      { product: '@aurora', scene: 'on a "red" table, by a window', size: { width: 64, height: 96 } },
    ];
    const quoted = '"on a ""red"" table, by a window"';
    const comma = `\ufeffProduct,Scene,Size\r\n@aurora,${quoted},64x96\r\n\r\n`;
    const semicolon = `product;scene;size\n@aurora;${quoted};64 x 96\n`;
    const utf16 = new Uint8Array(Buffer.from(comma, 'utf16le'));
    for (const text of [comma, semicolon]) expect(await rowsOf(text)).toMatchObject(expected);
    expect(await rowsOf(utf16)).toMatchObject(expected);
    // Excel's line, and a size as a person writes it.
    expect(await rowsOf(`sep=;\r\n${semicolon.replace('64 x 96', '64 × 96 px')}`)).toMatchObject(
      expected.map((row) => ({ ...row, line: 3 })),
    );
    const tabs = 'product\tscene\tsize\naurora\ton a table, by a window\t64x64\n';
    expect(await rowsOf(tabs)).toMatchObject([{ scene: 'on a table, by a window' }]);
  });

  it('may leave optional cells out, and have columns and lines of its own', async () => {
    const text =
      'sku,product,scene,size,seed,negative,preset,name\n7,aurora,on grass,64x64\n,,,\n8,b,c,64x64,3,rain,Spring,x\n';
    const { rows, ignored } = await read(text);
    expect(ignored).toEqual(['sku']);
    expect(rows).toEqual([
      { line: 2, product: 'aurora', scene: 'on grass', size: { width: 64, height: 64 } },
      {
        ...{ line: 4, product: 'b', scene: 'c', size: { width: 64, height: 64 } },
        ...{ seed: 3, negative: 'rain', preset: 'Spring', name: 'x' },
      },
    ]);
  });

  it('has sizes in pixels, or formats by their names', async () => {
    const sizes = ['1080x1920', 'Story', 'square', 'portrait', 'landscape', 'banner'];
    const rows = await rowsOf(
      `product,scene,size\n${sizes.map((size) => `aurora,on grass,${size}`).join('\n')}`,
    );
    expect(rows.map(({ size }) => `${size!.width}x${size!.height}`)).toEqual([
      '1080x1920',
      '1080x1920',
      '1080x1080',
      '1080x1350',
      '1920x1080',
      '1200x628',
    ]);
  });

  it('of ten thousand rows is read, and of more refused', async () => {
    const lines = (count: number) =>
      `product,scene,size\n${Array.from({ length: count }, (_, row) => `aurora,scene ${row},64x64`).join('\n')}\n`;
    const rows = await rowsOf(lines(CATALOGUE_MAX_PICTURES));
    expect(planCatalogue({ rows, seeds: [0] }, new Map())).toHaveLength(CATALOGUE_MAX_PICTURES);
    await expect(read(lines(CATALOGUE_MAX_PICTURES + 1))).rejects.toThrow('more than 10000 rows');
    // Read no further: what is wrong with the last of a million rows is not looked for.
    const million = `${lines(CATALOGUE_MAX_PICTURES)}${'a,b,64x64\n'.repeat(300_000)}a,b,64x64,d,e,f`;
    await expect(read(million)).rejects.toThrow('more than 10000 rows');
  });

  it.each([
    ['', 'has no column product, scene, size'],
    ['product,scene\naurora,on grass\n', 'has no column size'],
    ['product,scene,size,Size\na,b,64x64,64x64\n', 'has the column size twice'],
    ['product,scene,size\n', 'has no rows'],
    [
      'product,scene,size\naurora,on grass,64\n',
      'line 2, size: expected a size such as 1080x1920, or square',
    ],
    ['product,scene,size\naurora,on grass,postcard\n', 'line 2, size: expected a size such as 1080x1920'],
    ['product,scene,size\naurora,on grass,999999x64\n', 'line 2, size'],
    ['product,scene,size\naurora,,64x64\n', 'line 2, scene'],
    ['product,scene,size\naurora,"on grass,64x64\n', 'quotation mark'],
    ['product,scene,size\naurora,on "grass",64x64\n', 'quotation mark'],
    ['product,scene,size\naurora,on grass,64x64,extra\n', 'more cells than the header has columns'],
    ['product,scene,size\naurora,"=HYPERLINK(""http://x"")",64x64\n', 'line 2, scene: "=HYPERLINK'],
    ['product,scene,size\n+1+2,on grass,64x64\n', 'line 2, product: "+1+2" is a formula'],
    ['product,scene,size\naurora,"two\nlines",64x64\n', 'scene'],
    ['product,scene,size,seed\naurora,on grass,64x64,-1\n', 'seed'],
    [Buffer.from('product,scene,size\naurora,caf\xe9,64x64\n', 'latin1'), 'not text in UTF-8'],
    [Buffer.from('product,scene,size\na\0,b,64x64\n'), 'not text in UTF-8'],
  ])('%j is refused with its line', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
});

describe('a catalogue', () => {
  const lists = { scenes: ['on grass'], sizes: [{ width: 64, height: 64 }], seeds: [0] };

  it('has each picture once', () => {
    const twice = { ...lists, products: ['aurora', '@AURORA'] };
    expect(() => planCatalogue(twice, new Map())).toThrow(
      'aurora, on grass, 64x64, seed 0 is asked for twice',
    );
    const alike = { ...lists, products: ['aurora'], scenes: ['on grass', 'on grass!'] };
    expect(() => planCatalogue(alike, new Map())).toThrow('would be the file of two pictures');
    const row = { product: 'aurora', scene: 'on grass', size: { width: 64, height: 64 } };
    const repeated = [
      { ...row, line: 2 },
      { ...row, line: 5 },
    ];
    expect(() => planCatalogue({ rows: repeated, seeds: [0] }, new Map())).toThrow(
      'lines 2 and 5: aurora, on grass',
    );
    const outside = [{ ...row, line: 2, name: '../{scene}' }];
    expect(() => planCatalogue({ rows: outside, seeds: [0] }, new Map())).toThrow(
      'line 2, name: "../{scene}" is no path',
    );
    const seeded = [1, 2].map((seed) => ({ ...row, line: seed, seed }));
    expect(planCatalogue({ rows: seeded, seeds: [0] }, new Map()).map(({ file }) => file)).toEqual([
      'aurora/on-grass-64x64-1.png',
      'aurora/on-grass-64x64-2.png',
    ]);
    const seeds = { ...lists, products: ['aurora'], seeds: [1, 2] };
    expect(planCatalogue(seeds, new Map()).map(({ file }) => file)).toEqual([
      'aurora/on-grass-64x64-1.png',
      'aurora/on-grass-64x64-2.png',
    ]);
  });

  it('puts the words of a preset behind its prompts, and takes scenes and size from it', () => {
    const preset = {
      ...{ name: 'Spring', scenes: ['on a beach'], light: 'soft morning light', palette: 'teal and sand' },
      ...{ negativePrompt: 'rain', size: { width: 96, height: 64 } },
    };
    const wish = { products: ['aurora'], seeds: [4], preset: 'Spring' };
    const [picture] = planCatalogue(wish, new Map([['Spring', preset]]));
    expect(picture).toMatchObject({
      prompt: '@aurora on a beach, soft morning light, palette of teal and sand',
      cell: { negativePrompt: 'rain', width: 96, height: 64, seed: 4, preset: 'Spring' },
    });
  });
});

describe('names of pictures', () => {
  const cell = { product: 'con', scene: '../../Ünder <the> sky', width: 64, height: 64, seed: 0 };

  it('hold what a cell brings inside of the folder', () => {
    expect(pictureNames([{ cell }], '{product}/{scene}-{width}')).toEqual(['_con/ünder-the-sky-64.png']);
    expect(pictureNames([{ cell: { ...cell, scene: '///' } }], '{scene}')).toEqual(['none.png']);
    const [long] = pictureNames([{ cell: { ...cell, scene: 'ü'.repeat(200) } }], '{scene}');
    expect(Buffer.byteLength(long!)).toBeLessThan(255);
  });

  it.each(['../{scene}', '/tmp/{scene}', 'a//b', 'C:\\x', 'a/../b', '{scene}\0', './x', 'a/b/c/d/e/f/g', ''])(
    '%j leads out of the folder, or names nothing',
    (pattern) => {
      expect(() => pictureNames([{ cell }], pattern)).toThrow('no path inside of the folder');
    },
  );

  it('know their fields', () => {
    expect(() => pictureNames([{ cell }], '{sku}')).toThrow('--name has {sku}, expected {product}');
    expect(() => pictureNames([{ cell }], '{scene')).toThrow('--name has {');
  });
});
