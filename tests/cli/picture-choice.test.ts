import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { choosePictures, type LeftOut } from '../../companion/cli/picture-choice.ts';
import { receiveReference } from '../../companion/images/references/reference-image.ts';
import { likeness, temporaryFolder } from './binary.ts';
import { NEEDS_MODEL, SMALL_MODEL } from './small-model.ts';

const tryPicture = (file: string) => receiveReference(file, { resolution: 64 });

const drawn = (shade: number, alpha = 1) =>
  sharp({
    create: { width: 64, height: 48, channels: 4, background: { r: shade, g: 90, b: 40, alpha } },
  });
const jpeg = (shade: number) => drawn(shade).jpeg().toBuffer();
const png = (shade: number, alpha = 1) => drawn(shade, alpha).png().toBuffer();

async function chosen(paths: readonly string[], maximum = 32) {
  const left: LeftOut[] = [];
  const pictures = await choosePictures(paths, {
    maximum,
    tryPicture,
    whenLeftOut: (all) => left.push(...all),
  });
  return {
    pictures: pictures.map((path) => basename(path)),
    left: Object.fromEntries(left.map(({ file, reason }) => [basename(file), reason])),
  };
}

/** Everything that people keep beside their photos. */
async function mixedFolder(): Promise<string> {
  const folder = join(temporaryFolder(), 'photos');
  mkdirSync(join(folder, 'old'), { recursive: true });
  const put = (name: string, bytes: Uint8Array | string) => writeFileSync(join(folder, name), bytes);
  put('2.JPG', await jpeg(10));
  put('10.jfif', await jpeg(20));
  put('11.jpe', await jpeg(30));
  put('12.heic', await jpeg(40));
  put('13', await png(50));
  put('14.jpg', await drawn(60).webp().toBuffer());
  put('15 copy.jpg', await jpeg(10));
  put('16.gif', await drawn(70).gif().toBuffer());
  put('17.tif', await drawn(80).tiff().toBuffer());
  put('18.heic', Buffer.from('\0\0\0\x1cftypheic\0\0\0\0', 'latin1'));
  put('19.psd', '8BPS\0\x01');
  put('20.mov', Buffer.from('\0\0\0\x14ftypqt  ', 'latin1'));
  put('21.png', (await png(90)).subarray(0, 60));
  put('22.png', '');
  put('23.png', await png(100, 0));
  put('24.png', await png(110, 0.3));
  put('25.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>');
  put('notes.txt', 'to do');
  put('._2.JPG', 'resource fork');
  put('.hidden.png', await png(120));
  symlinkSync('nowhere.png', join(folder, 'gone.png'));
  return folder;
}

describe('a mixed folder', () => {
  it('gives every picture by its content, and a reason for everything else', async () => {
    const { pictures, left } = await chosen([await mixedFolder()]);
    expect(pictures).toEqual(['2.JPG', '10.jfif', '11.jpe', '12.heic', '13', '14.jpg']);
    const wanted: Readonly<Record<string, RegExp>> = {
      '15 copy.jpg': /^it is the same picture as 2\.JPG$/,
      '16.gif': /^it is a GIF\. Export it as PNG/,
      '17.tif': /^it is a TIFF/,
      '18.heic': /^it is a HEIC/,
      '19.psd': /^it is a Photoshop file/,
      '20.mov': /^it is a video/,
      '21.png': /^the PNG is damaged or cut short.*\. .*again\.$/,
      '22.png': /^it is empty$/,
      '23.png': /^it is transparent all over.*Show the layer/,
      '24.png': /^what it shows is too see-through.*half opaque\.$/,
      '25.svg': /^it is an SVG/,
      'notes.txt': /^it is a text file/,
      '._2.JPG': /^it is hidden/,
      '.hidden.png': /^it is hidden/,
      'gone.png': /^it is a link to a file that is not there/,
      old: /^it is a folder in the folder/,
    };
    expect(Object.keys(left).sort()).toEqual(Object.keys(wanted).sort());
    for (const [name, reason] of Object.entries(wanted)) expect(left[name]).toMatch(reason);
  });

  it.skipIf(process.platform === 'win32')('is read past a pipe, which is never opened', async () => {
    const folder = temporaryFolder();
    spawnSync('mkfifo', [join(folder, 'pipe.png')]);
    writeFileSync(join(folder, 'front.png'), await png(10));
    const { pictures, left } = await chosen([folder]);
    expect(pictures).toEqual(['front.png']);
    expect(left).toEqual({ 'pipe.png': 'it is a device or pipe' });
  });

  it('and a picture of it that is named as well give that picture once', async () => {
    const folder = temporaryFolder();
    const front = join(folder, 'front.png');
    writeFileSync(front, await png(10));
    expect(await chosen([front, folder])).toEqual({
      pictures: ['front.png'],
      left: { 'front.png': 'it is the same picture as front.png' },
    });
  });
});

describe('what is left out is told where the command fails, too:', () => {
  const leftWith = async (names: readonly string[], maximum: number) => {
    const folder = temporaryFolder();
    for (const [index, name] of names.entries()) {
      writeFileSync(join(folder, name), name.endsWith('.txt') ? 'text' : await png(index));
    }
    const left: string[] = [];
    const whenLeftOut = (all: readonly LeftOut[]) => left.push(...all.map(({ file }) => basename(file)));
    const failed = choosePictures([folder], { maximum, tryPicture, whenLeftOut });
    const message = await failed.then(
      () => '',
      (error: Error) => error.message,
    );
    return { left, message };
  };

  it('no picture at all', async () => {
    const { left, message } = await leftWith(['a.txt'], 32);
    expect(left).toEqual(['a.txt']);
    expect(message).toContain('has no pictures, expected PNG, JPEG or WebP files');
  });

  it('too many', async () => {
    const { left, message } = await leftWith(['a.png', 'b.png', 'c.txt'], 1);
    expect(left).toEqual(['c.txt']);
    expect(message).toBe('got 2 pictures, expected 1 to 1');
  });
});

describe.skipIf(SMALL_MODEL === undefined)(`teach (${NEEDS_MODEL})`, () => {
  it('warns of every file that it does not use', async () => {
    const home = temporaryFolder();
    mkdirSync(join(home, 'photos'));
    writeFileSync(join(home, 'photos', 'front.jfif'), await jpeg(10));
    writeFileSync(join(home, 'photos', 'top.gif'), await drawn(20).gif().toBuffer());
    const { events, stderr, exitCode } = await likeness(
      [
        ...['teach', 'photos', '--name', 'aurora', '--class', 'bottle', '--steps', '1', '--json'],
        ...['--model', SMALL_MODEL!, '--device', 'cpu', '--threads', '1', '--out', 'aurora.safetensors'],
      ],
      { home },
    );
    expect(exitCode).toBe(0);
    expect(stderr).toContain('warning: top.gif is not used: it is a GIF. Export it as PNG, JPEG or WebP');
    expect(events.filter(({ type }) => type === 'left-out')).toMatchObject([
      { file: join('photos', 'top.gif'), reason: expect.stringContaining('a GIF') },
    ]);
    expect(events.find(({ type }) => type === 'frame')).toMatchObject({
      file: join('photos', 'front.jfif'),
      total: 1,
    });
  });

  it('says which picture shows no product', async () => {
    const home = temporaryFolder();
    writeFileSync(join(home, 'front.png'), await png(10));
    writeFileSync(join(home, 'glass.png'), await png(20, 0.3));
    const { stderr, exitCode } = await likeness(
      [
        ...['teach', 'front.png', 'glass.png', '--name', 'aurora', '--class', 'bottle', '--steps', '1'],
        ...['--model', SMALL_MODEL!, '--device', 'cpu', '--threads', '1'],
      ],
      { home },
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain('error: glass.png: what it shows is too see-through');
  });
});
