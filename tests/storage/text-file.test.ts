import { expect, it } from 'vitest';
import { parsePythonJson } from '../../companion/storage/text-file.ts';
import { decodeText } from '../../shared/decoded-text.ts';

it.each([
  ['utf8', [0xef, 0xbb, 0xbf]],
  ['utf16le', [0xff, 0xfe]],
] as const)('reads past the byte order mark of %s', (encoding, mark) => {
  const bytes = Buffer.concat([Buffer.from(mark), Buffer.from('{"ä": 1}', encoding)]);
  expect(decodeText(bytes)).toBe('{"ä": 1}');
});

it('reads big-endian UTF-16', () => {
  const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('[1]', 'utf16le')]).swap16();
  expect(decodeText(bytes)).toBe('[1]');
});

it("reads Python's numbers, and leaves them alone in strings", () => {
  const text = '{"a": -Infinity, "b": [Infinity, NaN], "NaN": "Infinity \\" NaN", "c": 1}';
  expect(parsePythonJson(text)).toEqual({
    a: Number.NEGATIVE_INFINITY,
    b: [Number.POSITIVE_INFINITY, null],
    NaN: 'Infinity " NaN',
    c: 1,
  });
});

it.each(['{"a": nan}', '{', 'Infinite', '{"a": -NaN}', ''])('refuses %j as JSON does', (text) => {
  expect(() => parsePythonJson(text)).toThrow(SyntaxError);
});
