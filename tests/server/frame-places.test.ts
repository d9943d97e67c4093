import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FramePlaces } from '../../companion/server/frame-places.ts';
import { MAX_FRAMES_IN_MEMORY, MAX_FRAMES_OF_CLIENT } from '../../companion/server/limits.ts';

/** Long enough for all that waits for nothing. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

async function entered(places: FramePlaces, client: string, giveUp?: () => void) {
  const place = places.enter(client, giveUp);
  const seen = { ...place, isGranted: false };
  void place.granted.then(() => {
    seen.isGranted = true;
  });
  await settled();
  return seen;
}

type Entered = Awaited<ReturnType<typeof entered>>;

/** Of the test's own clock, which stands still on a machine that does not. */
const PATIENCE_MS = 10;

describe('places of frames', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('are so many, in the order of their asking, and no client has all of them', async () => {
    const places = new FramePlaces();
    const flood: Entered[] = [];
    for (let index = 0; index < 20; index++) flood.push(await entered(places, 'flood'));
    expect(flood.filter(({ isGranted }) => isGranted)).toHaveLength(MAX_FRAMES_OF_CLIENT);
    const others: Entered[] = [];
    for (let index = 0; index < 2; index++) others.push(await entered(places, `other ${index}`));
    expect(others.every(({ isGranted }) => isGranted)).toBe(true);
    for (let index = 2; index < 10; index++) others.push(await entered(places, `other ${index}`));
    const granted = () => [...flood, ...others].filter(({ isGranted }) => isGranted).length;
    expect(granted()).toBe(MAX_FRAMES_IN_MEMORY);
    flood[0]!.leave();
    flood[0]!.leave();
    await settled();
    expect(granted()).toBe(MAX_FRAMES_IN_MEMORY + 1);
    expect(flood[MAX_FRAMES_OF_CLIENT]!.isGranted).toBe(false);
  });

  it('of one that sends no more are taken back for one that waits, and not those of frames that are looked at', async () => {
    const places = new FramePlaces(PATIENCE_MS);
    const cut: string[] = [];
    const holders = [];
    for (let index = 0; index < MAX_FRAMES_IN_MEMORY; index++) {
      const name = `holder ${index}`;
      const holder = await entered(places, name, () => {
        cut.push(name);
        holder.leave();
      });
      holders.push(holder);
    }
    holders[0]!.received();
    const waiting = await entered(places, 'waiting');
    await vi.advanceTimersByTimeAsync(PATIENCE_MS);
    await waiting.granted;
    expect(cut).toEqual(['holder 1']);
    const left = await entered(places, 'another');
    left.leave();
    await vi.advanceTimersByTimeAsync(5 * PATIENCE_MS);
    expect(cut).toEqual(['holder 1']);
  });

  it('that one client waits for among its own cost no other client one', async () => {
    const places = new FramePlaces(PATIENCE_MS);
    const cut: string[] = [];
    const other = await entered(places, 'other', () => cut.push('other'));
    for (let index = 0; index < MAX_FRAMES_OF_CLIENT; index++)
      (await entered(places, 'flood', () => cut.push('flood'))).received();
    const waiting = await entered(places, 'flood');
    await vi.advanceTimersByTimeAsync(5 * PATIENCE_MS);
    expect([cut, other.isGranted, waiting.isGranted]).toEqual([[], true, false]);
    waiting.leave();
  });
});
