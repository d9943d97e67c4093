import { describe, expect, it } from 'vitest';
import { LikenessError } from '../../shared/errors.ts';
import { ID_PATTERN, newId } from '../../shared/protocol/ids.ts';
import { MESSAGE_MAX_BYTES } from '../../shared/protocol/limits.ts';
import { parseClientMessage, parseServerMessage } from '../../shared/protocol/message-text.ts';
import { reportOf } from '../../shared/protocol/zod.ts';

const generate = {
  type: 'generate',
  job: 'job-00000001',
  prompt: '@aurora on a beach',
  count: 2,
  seed: 7,
  strength: 1,
  mask: 'adaptive',
};
const teach = {
  type: 'teach',
  job: 'job-00000001',
  name: 'aurora',
  classWord: 'bottle',
  images: ['image-0001'],
};
const catalogue = {
  type: 'catalogue',
  job: 'job-00000001',
  products: ['aurora'],
  scenes: ['on a beach'],
  sizes: [{ width: 128, height: 128 }],
  seeds: [7],
  strength: 1,
  mask: 'adaptive',
};
const token = 'q7mZ0V5xk2Yw8RjT1bNfL4cHsDgUoIePaXyQ3KvWu9E';
const hello = {
  type: 'hello',
  protocol: 4,
  keys: ['0f'.repeat(16)],
  nonce: 'a1'.repeat(16),
  client: { name: 'test', version: '1' },
};
const prove = { type: 'prove', proof: 'c4'.repeat(43) };

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('was taken');
}

describe('a client message', () => {
  it.each([generate, teach, catalogue, hello, prove])('is taken: $type', (message) => {
    expect(parseClientMessage(JSON.stringify(message))).toEqual(message);
  });

  it('may choose how many pictures are made side by side', () => {
    const chosen = { ...generate, batchSize: 4 };
    expect(parseClientMessage(JSON.stringify(chosen))).toEqual(chosen);
    const none = { ...generate, batchSize: 0 };
    expect(messageOf(() => parseClientMessage(JSON.stringify(none)))).toContain('batchSize: ');
  });

  it.each([generate, teach, catalogue])('may choose a precision: $type', (message) => {
    const chosen = { ...message, precision: 'fp16' };
    expect(parseClientMessage(JSON.stringify(chosen))).toEqual(chosen);
    const unknown = { ...message, precision: 'fp8' };
    expect(messageOf(() => parseClientMessage(JSON.stringify(unknown)))).toContain('precision: ');
  });

  it('says hello in any version, so that a wrong one is answered', () => {
    expect(parseClientMessage(JSON.stringify({ ...hello, protocol: 99 }))).toMatchObject({ protocol: 99 });
  });

  it.each([
    ['no JSON', '{"type":', 'not JSON'],
    ['null', 'null', 'Invalid input'],
    ['an unknown type', '{"type":"format-disk"}', 'type: '],
    ['a path as job', { ...generate, job: '../../secret' }, 'job: expected a job id'],
    ['an option as job', { ...generate, job: '--version' }, 'job: expected a job id'],
    ['a field of its own', { ...generate, out: '/tmp' }, 'Unrecognized key: "out"'],
    ['no pictures', { ...generate, count: 0 }, 'count: '],
    ['too many pictures', { ...generate, count: 17 }, 'count: '],
    ['a seed with no room for the batch', { ...generate, seed: 2 ** 32 - 1 }, 'seed: '],
    [
      'a size that nobody enlarges by',
      { ...generate, upscale: { image: 'image-0001', factor: 3 } },
      'factor: ',
    ],
    [
      'a file to enlarge',
      { ...generate, upscale: { image: 'image-0001', factor: 2, keep: '/tmp' } },
      'Unrecognized key: "keep"',
    ],
    ['a long prompt', { ...generate, prompt: 'x'.repeat(1001) }, 'prompt: '],
    ['a name for two files', { ...teach, name: 'a/b' }, 'name: expected a lower-case name'],
    [
      '33 images',
      { ...teach, images: Array.from({ length: 33 }, (_, k) => `image-${1000 + k}`) },
      'images: ',
    ],
    ['a catalogue of no products', { ...catalogue, products: [] }, 'products: '],
    ['a catalogue of a path', { ...catalogue, products: ['../x'] }, 'products.0: expected a lower-case name'],
    [
      'a cell of no list',
      { ...catalogue, cells: [{ product: -1, scene: 0, size: 0, seed: 0 }] },
      'cells.0.product: ',
    ],
    [
      'a cell that names its product',
      { ...catalogue, cells: [{ product: 'aurora', scene: 0, size: 0, seed: 0 }] },
      'cells.0.product: ',
    ],
    ['a scene of two lines', { ...catalogue, scenes: ['on a\nbeach'] }, 'scenes.0: expected one line'],
    ['a message without end', `"${'x'.repeat(MESSAGE_MAX_BYTES)}"`, 'characters, expected at most'],
  ])('is refused: %s', (_, message, expected) => {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    expect(() => parseClientMessage(text)).toThrow(expect.objectContaining({ code: 'message-format' }));
    expect(() => parseClientMessage(text)).toThrow(expected);
  });

  it('asks for a scene around a product, at its place in a layout', () => {
    const product = {
      image: 'image-1234',
      layout: { width: 1200, height: 800 },
      box: { x: -0.1, y: 0.2, width: 0.5, height: 0.7 },
      shadow: 0,
      light: -90,
    };
    const read = (changes: object) =>
      parseClientMessage(JSON.stringify({ ...generate, product: { ...product, ...changes } }));
    expect(read({})).toMatchObject({ product });
    for (const changes of [
      { layout: { width: 8, height: 800 } },
      { layout: { width: 1200, height: 5000 } },
      { box: { ...product.box, width: 0 } },
      { shadow: 2 },
      { light: 200 },
      { path: '/tmp' },
    ]) {
      expect(() => read(changes)).toThrow(/product/);
    }
  });

  it('keeps a place on the canvas of its client, and no more than one', () => {
    const place = [
      [0.5, 0, 0.25],
      [0, 0.5, -0.5],
    ];
    const placement = { canvas: 'page-0000001', node: 'I1:2;3:4', place };
    const read = (changes: object) =>
      parseClientMessage(JSON.stringify({ ...generate, placement: { ...placement, ...changes } }));
    expect(read({})).toMatchObject({ placement });
    for (const changes of [
      { canvas: '' },
      { canvas: 'x'.repeat(41) },
      { node: 'x'.repeat(201) },
      { place: [[1, 0, 0]] },
      { place: [place[0], [0, 1, 1e9]] },
      { place: [...place, [0, 0, 1]] },
      { path: '/tmp' },
    ]) {
      expect(() => read(changes), JSON.stringify(changes)).toThrow(/placement/);
    }
  });

  it('is refused without a word of its proof', () => {
    const text = JSON.stringify({ ...prove, proof: `${prove.proof}00` });
    expect(messageOf(() => parseClientMessage(text))).toBe('message: proof: expected 86 hex digits');
  });

  it('has no place for a token', () => {
    const text = JSON.stringify({ ...hello, token });
    expect(messageOf(() => parseClientMessage(text))).toBe('message: Unrecognized key: "token"');
  });
});

describe('a message from the companion', () => {
  it('never says that a job is done by its progress', () => {
    const progress = {
      type: 'progress',
      job: 'job-00000001',
      phase: 'sampling',
      step: 4,
      steps: 4,
      secondsLeft: 0,
    };
    expect(parseServerMessage(JSON.stringify({ ...progress, fraction: 0.99 }))).toMatchObject({ step: 4 });
    expect(() => parseServerMessage(JSON.stringify({ ...progress, fraction: 1 }))).toThrow('fraction: ');
  });

  it('may say more than this version knows', () => {
    expect(parseServerMessage('{"type":"pong","load":0.5}')).toEqual({ type: 'pong' });
  });
});

describe('an error on the wire', () => {
  it('has advice, its own or that of its code', () => {
    expect(reportOf(new LikenessError('input', 'got 0', { advice: 'Use 1.' }))).toEqual({
      code: 'input',
      message: 'got 0',
      advice: 'Use 1.',
    });
    expect(reportOf(new LikenessError('token', 'no token')).advice).toContain('Connect again');
  });

  it('tells nothing of a bug but that it is one', () => {
    const report = reportOf(new Error('internal: /home/ada/secret.txt is not a number'));
    expect(report.code).toBe('internal');
    expect(JSON.stringify(report)).not.toContain('ada');
  });
});

describe('an id', () => {
  it('is new for other bytes, and fits the pattern', () => {
    const ids = [0, 1].map((byte) => newId('image', new Uint8Array(16).fill(byte)));
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(ID_PATTERN);
  });
});
