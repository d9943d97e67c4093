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

/** A file of the person's, outside of all known folders, in every spelling that programs give it. */
describe('a path of somebody, written', () => {
  it.each([
    'file:///Volumes/ada/lamp.png',
    'FILE:///Volumes/ada/lamp.png',
    'file:/Volumes/ada/lamp.png',
    'file://localhost/Volumes/ada/lamp.png',
    'file://studio/share/ada/lamp.png',
    'file:///Volumes/ada%20l/lamp.png',
    'file%3A%2F%2F%2FVolumes%2Fada%2Flamp.png',
    '%2FVolumes%2Fada%2Flamp.png',
    '%252FVolumes%252Fada%252Flamp.png',
    '\\/Volumes\\/ada\\/lamp.png',
    '\\u002fVolumes\\u002fada\\u002flamp.png',
    '/Volumes/ada/lamp.png',
    '/mnt/c/Users/ada/lamp.png',
    '//studio/share/ada/lamp.png',
    '\\\\studio\\share\\ada\\lamp.png',
    '\\\\\\\\studio\\\\share\\\\ada\\\\lamp.png',
    '\\\\?\\C:\\Users\\ada\\lamp.png',
    '\\\\?\\UNC\\studio\\ada\\lamp.png',
    '\\\\wsl$\\Debian\\home\\ada\\lamp.png',
    'C:\\Users\\ada\\lamp.png',
    'C:\\\\Users\\\\ada\\\\lamp.png',
    'C:/Users/ada/lamp.png',
    'C%3A%5CUsers%5Cada%5Clamp.png',
    'file:///C:/Users/ada/lamp.png',
    'file:///C|/Users/ada/lamp.png',
    'C:\\Users\\ADA~1\\lamp.png',
    '~/ada/lamp.png',
    '~ada/lamp.png',
    '$HOME/ada/lamp.png',
    `${'$'}{HOME}/ada/lamp.png`,
    '$env:USERPROFILE\\ada\\lamp.png',
    '%USERPROFILE%\\ada\\lamp.png',
    'smb://studio/ada/lamp.png',
    'vscode://file/Volumes/ada/lamp.png',
    'vscode-file://vscode-app/ada/lamp.png',
    '../ada/lamp.png',
    'ada-lamp.png',
  ])('%s, does not get out', (path) => {
    for (const text of [path, `${path} is cut`, `it is cut: ${path}`, `at run (${path}:1:2)`, `"${path}"`]) {
      expect(redaction.text(text)).not.toMatch(/ada|lamp\.png|studio|Volumes/i);
      expect(windows.text(text)).not.toMatch(/\bada\b|lamp\.png|studio|Volumes/i);
    }
  });

  it.each([
    ['file:///home/ada%20lovelace/x/lamp.png is cut', '~/[left out] is cut'],
    ['file:/home/ada lovelace/x/lamp.png is cut', '~/[left out] is cut'],
    ['file://localhost/home/ada lovelace/x/lamp.png is cut', '~/[left out] is cut'],
    ['%2Fhome%2Fada%20lovelace%2Flikeness%2Fcompanion%2Fa.ts', 'LIKENESS/companion/a.ts'],
    ['{"at":"\\/home\\/ada lovelace\\/likeness\\/companion\\/a.ts"}', '{"at":"LIKENESS/companion/a.ts"}'],
    ['the name is new%20aurora', 'the name is new [left out]'],
  ])('%j becomes %j', (text, expected) => expect(redaction.text(text)).toBe(expected));

  it.each([
    ['C:\\\\Users\\\\Ada\\\\x\\\\lamp.png is cut', '~/[left out] is cut'],
    ['\\\\?\\C:\\Users\\Ada\\lamp.png is cut', '~/[left out] is cut'],
    ['file:///c%3A/Users/Ada/lamp.png is cut', '~/[left out] is cut'],
  ])('on Windows, %j becomes %j', (text, expected) => expect(windows.text(text)).toBe(expected));

  it('with an accent in either of its forms, is known as the home folder', () => {
    const accented = new Redaction({ places: [{ mark: '~', folder: '/home/ad\u00e9' }], words: [] });
    for (const home of ['/home/ad\u00e9', '/home/ade\u0301', '/home/ad%C3%A9', '/home/ade%CC%81']) {
      expect(accented.text(`${home}: not allowed`)).toBe('~: not allowed');
    }
  });

  it.each([
    '12.5 % of 4/5 steps/s',
    '50%ab',
    'teaching needs about 12 GB, got 3 GB',
    'and/or, 2 // 3, a\\b',
    '%0A stays',
  ])('%j is none', (text) => expect(redaction.text(text)).toBe(text));
});

describe('a secret by its looks', () => {
  const token = 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7';
  it.each([
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.dGhlIHNpZ25hdHVyZQ',
    'eyJhbGciOiJub25lIn0.e30.',
    `ghp_${token}`,
    `github_pat_${token}`,
    `sk-proj-${token}`,
    'xoxb-123456789012-abcdefghijkl',
    'figd_abcdefghijkl',
    'AKIAIOSFODNN7EXAMPLE',
    'AIzaSyD4n0T3x1sTf0rR3aLxxxxxxxxxxxxxx',
    token,
    `${token}==`,
    `data:image/png;base64,${token}/+`,
    'data:text/plain,ada%20lamp',
    'DATA:;base64,QURB',
  ])('%s does not get out', (secret) => {
    for (const text of [secret, `${secret} is wrong`, `got ${secret}`, `(${secret})`, `key: ${secret}, x`]) {
      for (const told of [redaction.text(text), redaction.quoting(text)]) {
        expect(told).toContain('[left out]');
        expect(told).not.toMatch(/[A-Za-z0-9_-]{9,}\b(?<!DATA|LIKENESS)/);
      }
    }
  });

  it.each([
    'password=hunter2',
    'api_key: hunter2',
    'x?access_token=hunter2&y',
    'Cookie: hunter2',
    'Authorization: Basic hunter2',
  ])('%s does not get out', (text) => expect(redaction.text(text)).not.toContain('hunter2'));

  it.each([
    `SHA-256 ${'0a1b'.repeat(16)}`,
    'client=0b9d3c6e-1f7a-4485-8f00-0123456789ab',
    'job=job-71be20d4-0f3b-4a5c-9e6d',
    'at SocketController.receiveHello (node:internal/process/task_queues:95:5)',
    'linux 6.6.87.2-microsoft-standard-WSL2 x64',
    'the token is wrong',
    'expected 2 tokens: a pair',
  ])('%s is none', (text) => expect(redaction.text(text)).toBe(text));
});

describe('a file by its name alone', () => {
  it.each([
    'secret-lamp.safetensors',
    'Secret Lamp (final).safetensors',
    'secret lamp v2.ckpt',
    'ランプ secret.gguf',
    'secret lamp.png',
    'secret.fig',
  ])('%s does not get out', (name) => {
    for (const text of [name, `${name} is cut`, `the concept: ${name} is cut`, `it is cut: ${name}`])
      expect(redaction.text(text)).not.toMatch(/secret|lamp|ランプ/i);
  });

  it.each([
    'model.safetensors is not there',
    'unet: diffusion_pytorch_model.fp16.safetensors is cut',
    'model-00001-of-00002.safetensors',
    'scheduler_config.json: expected JSON',
  ])('%s is any model’s', (text) => expect(redaction.text(text)).toBe(text));
});

describe('a text that may quote', () => {
  it.each([
    '“a lamp”',
    '„ein lamp“',
    '‚ein lamp‘',
    '‘a lamp’',
    '«une lamp»',
    '»ein lamp«',
    '‹une lamp›',
    '”en lamp”',
    '「lamp」',
    '『a lamp』',
    '《lamp》',
    '＂a lamp＂',
    '“a „lamp“ b”',
    '“a lamp that is cut',
    '‘it’s a lamp’',
  ])('leaves out %s', (quote) => {
    expect(redaction.quoting(`got ${quote}`)).toBe('got [left out]');
    if (!quote.endsWith('cut'))
      expect(redaction.quoting(`got ${quote}, expected one`)).toBe('got [left out], expected one');
  });

  it('leaves an apostrophe', () =>
    expect(redaction.quoting('the model’s file isn’t there')).toBe('the model’s file isn’t there'));

  it.each([
    ['got "a "lamp" b", expected one', 'got [left out], expected one'],
    ['..."prompt":"lamp on', '...[left out]'],
    ["token 'l' of the CPU's", "token [left out] of the CPU's"],
    ['code 123 456, or 912345678901234', 'code [left out], or [left out]'],
    ['exit code 3221225477 at 14:05', 'exit code 3221225477 at 14:05'],
  ])('%j becomes %j', (text, expected) => expect(redaction.quoting(text)).toBe(expected));
});
