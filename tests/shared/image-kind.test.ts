import { describe, expect, it } from 'vitest';
import { describeKind, imageKind } from '../../shared/image-kind.ts';

const bytes = (latin1: string) => Uint8Array.from(latin1, (letter) => letter.charCodeAt(0));

describe('the kind of a picture', () => {
  it.each([
    ['\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'png'],
    ['\xff\xd8\xff\xe0', 'jpeg'],
    ['\xff\xd8\xff', 'jpeg'],
    ['RIFF\x24\0\0\0WEBPVP8 ', 'webp'],
    ['RIFF????WEBP', 'webp'],
  ])('of %j is %s', (beginning, kind) => expect(imageKind(bytes(beginning))).toBe(kind));
});

describe('what is no picture', () => {
  it.each([
    ['', 'an unknown format'],
    ['\x89PNG\r\n\x1a', 'an unknown format'],
    ['junkjunkWEBPVP8 ', 'a text file'],
    ['RIFF\x24\0\0\0WAVEfmt ', 'an unknown format'],
    ['XRIFF\x24\0\0WEBP', 'an unknown format'],
    ['GIF89a\x01\0', 'a GIF'],
    ['%PDF-1.7', 'a PDF'],
    ['II*\0\x08\0', 'a TIFF'],
    ['\0\0\0\x1cftypavif', 'an AVIF'],
    ['\0\0\0\x1cftypheic', 'a HEIC'],
    ['\0\0\0\x0cJXL ', 'a JPEG XL'],
    ['\0\0\0\x0cjP  \r\n', 'a JPEG 2000'],
    ['\xff\x4f\xff\x51\0', 'a JPEG 2000'],
    ['<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', 'an SVG'],
    ['just text', 'a text file'],
    ['GIF', 'a text file'],
    ['\0\x01\x02', 'an unknown format'],
  ])('%j is %s', (beginning, name) => {
    expect(imageKind(bytes(beginning))).toBeUndefined();
    expect(describeKind(bytes(beginning))).toBe(name);
  });
});
