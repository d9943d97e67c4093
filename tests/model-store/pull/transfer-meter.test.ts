import { describe, expect, it } from 'vitest';
import { TransferMeter } from '../../../companion/model-store/pull/pull-events.ts';

describe('a transfer', () => {
  it('tells speed and time left over the last seconds, a few times a second', () => {
    let now = 0;
    const transfer = new TransferMeter(10_000, () => now);
    const tell = (path: string, bytes: number) => [...transfer.received(path, bytes)][0];
    expect(tell('a', 0)).toMatchObject({ bytes: 0, bytesPerSecond: 0, secondsLeft: Infinity });
    now = 100;
    expect(tell('a', 100)).toBeUndefined();
    now = 1000;
    expect(tell('a', 1000)).toMatchObject({ bytes: 1000, bytesPerSecond: 1000, secondsLeft: 9 });
    expect(transfer.finished('a', 4000)).toMatchObject({ path: 'a', bytes: 4000, totalBytes: 10_000 });
    now = 2000;
    expect(tell('b', 1000)).toMatchObject({ path: 'b', bytes: 5000, bytesPerSecond: 2500 });
  });

  it('counts anew when a file begins anew', () => {
    let now = 0;
    const transfer = new TransferMeter(10_000, () => now);
    const tell = (path: string, bytes: number) => [...transfer.received(path, bytes)][0];
    tell('a', 5000);
    now = 1000;
    expect(tell('a', 0)).toMatchObject({ bytes: 0, bytesPerSecond: 0 });
  });
});
