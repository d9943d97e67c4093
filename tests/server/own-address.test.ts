import { describe, expect, it } from 'vitest';
import { isOwnHost, judgeOrigin, serverAddress } from '../../companion/server/own-address.ts';

const NAMES = ['localhost', '127.0.0.1', '[::1]'] as const;

describe.each(NAMES)('%s', (name) => {
  it('means port 80 without a port, and any port that it has', () => {
    expect(isOwnHost(name, 80)).toBe(true);
    expect(isOwnHost(`${name}:80`, 80)).toBe(true);
    expect(isOwnHost(`${name}:17653`, 17_653)).toBe(true);
    expect(isOwnHost(name.toUpperCase(), 80)).toBe(true);
    expect(isOwnHost(name, 17_653)).toBe(false);
    expect(isOwnHost(`${name}:80`, 17_653)).toBe(false);
    expect(isOwnHost(`${name}:17653`, 80)).toBe(false);
    for (const wrong of [`${name}:`, `${name}:080`, `${name}.`, ` ${name}`, `${name}:80:80`, `x.${name}`]) {
      expect(isOwnHost(wrong, 80)).toBe(false);
    }
  });

  it('is an origin of its own in the same ways', () => {
    expect(judgeOrigin(`http://${name}`, 80)).toBe('allowed');
    expect(judgeOrigin(`http://${name}:80`, 80)).toBe('allowed');
    expect(judgeOrigin(`http://${name}:17653`, 17_653)).toBe('allowed');
    expect(judgeOrigin(`http://${name}`, 17_653)).toBe('foreign');
    expect(judgeOrigin(`https://${name}`, 80)).toBe('foreign');
    expect(judgeOrigin(`http://${name}/`, 80)).toBe('foreign');
  });
});

it('is written as browsers write it', () => {
  expect([serverAddress(80), serverAddress(17_653)]).toEqual(['http://localhost', 'http://localhost:17653']);
});
