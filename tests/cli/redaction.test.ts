import { describe, expect, it } from 'vitest';
import { Redaction } from '../../companion/cli/diagnostics/redaction.ts';

const redaction = new Redaction({
  places: [
    { mark: '~', folder: '/home/ada lovelace' },
    { mark: 'DATA', folder: '/home/ada lovelace/.local/share/likeness' },
    { mark: 'LIKENESS', folder: '/home/ada lovelace/likeness' },
  ],
  words: ['aurora', 'aurora-2', 'a lamp\non a desk', 'lovelace', 'x', ''],
});
const windows = new Redaction({ places: [{ mark: '~', folder: 'C:\\Users\\Ada' }], words: [] });

describe('a text of ours', () => {
  it.each([
    ['/home/ada lovelace/.local/share/likeness, 5 GB free', 'DATA, 5 GB free'],
    ['/home/ada lovelace/.local/share/likeness2/a b', '~/[left out]'],
    [
      '/home/ada lovelace/.local/share/likeness/models/m/unet/config.json is not there',
      'DATA/models/m/unet/config.json is not there',
    ],
    [
      '/home/ada lovelace/.local/share/likeness/concepts cannot be read (EACCES)',
      'DATA/concepts cannot be read (EACCES)',
    ],
    ['/home/ada lovelace/.local/share/likeness/concepts/b c.safetensors is cut', 'DATA/[left out] is cut'],
    [
      '/home/ada lovelace/.local/share/likeness/jobs/job-1/concepts/b.safetensors is cut',
      'DATA/[left out] is cut',
    ],
    [
      'at run (file:///home/ada%20lovelace/likeness/companion/a.ts:1:2)',
      'at run (LIKENESS/companion/a.ts:1:2)',
    ],
    ['/home/ada lovelace/likeness/photos/lamp.png is cut', 'LIKENESS/[left out] is cut'],
    ['/Volumes/New lamp (secret), it is/a.png is cut', '[left out] is cut'],
    ['/Volumes/New lamp: the disk is full', '[left out]: the disk is full'],
    ['/usr/lib/libcuda.so: no such file', '/usr/lib/libcuda.so: no such file'],
    ['\\\\studio\\share\\lamp.png is cut', '[left out] is cut'],
    ['D:\\lamps\\new one.png is cut', '[left out] is cut'],
    ['https://hub.acme.example/api: no answer', '[left out] no answer'],
    ['@aurora has no version 3, aurora-2 has', '@[left out] has no version 3, [left out] has'],
    ['AURORA, auroras', '[left out], auroras'],
    ['no a lamp here', 'no [left out] here'],
    ['x'.repeat(5_000), '[left out]'],
    ['12 steps/s of 4x4 with "cpu"', '12 steps/s of 4x4 with "cpu"'],
  ])('%j becomes %j', (text, expected) => expect(redaction.text(text)).toBe(expected));

  it.each([
    ['C:\\Users\\Ada\\lamp.png is cut', '~/[left out] is cut'],
    ['c:/users/ada: not allowed', '~: not allowed'],
    ['at file:///C:/Users/Ada/x/y.ts:1:2', 'at ~/[left out]:1:2'],
    ['C:\\Windows\\System32\\dml.dll is not there', 'C:\\Windows\\System32\\dml.dll is not there'],
  ])('on Windows, %j becomes %j', (text, expected) => expect(windows.text(text)).toBe(expected));
});

describe('a text that may quote', () => {
  it.each([
    ['got "a "lamp" b", expected one', 'got [left out], expected one'],
    ['..."prompt":"lamp on', '...[left out]'],
    ["token 'l' of the CPU's", "token [left out] of the CPU's"],
    ['code 123 456, or 912345678901234', 'code [left out], or [left out]'],
    ['exit code 3221225477 at 14:05', 'exit code 3221225477 at 14:05'],
  ])('%j becomes %j', (text, expected) => expect(redaction.quoting(text)).toBe(expected));
});
