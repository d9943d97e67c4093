import { describe, expect, it } from 'vitest';
import {
  PAIRING_CODE_LIFETIME_MS,
  PAIRING_LINK_LIFETIME_MS,
  PAIRING_TRIES,
} from '../../companion/server/limits.ts';
import { PairingCode, PairingLink } from '../../companion/server/pairing-code.ts';
import { pairingCodeSchema } from '../../shared/protocol/ids.ts';

/** Another code than the one that is shown. */
function wrong({ digits }: PairingCode): string {
  return digits === '000000' ? '000001' : '000000';
}

const is = (typed: string) => (digits: string) => typed === digits;

describe('a pairing code', () => {
  it('has six digits, leading zeros included', () => {
    const codes = Array.from({ length: 200 }, () => new PairingCode().digits);
    expect(codes.every((digits) => /^[0-9]{6}$/.test(digits))).toBe(true);
    expect(new Set(codes).size).toBeGreaterThan(190);
  });

  it('says by its first digit whether it is a long one', () => {
    const code = new PairingCode();
    for (let time = 0; time < 50; time++) {
      expect(pairingCodeSchema.safeParse(code.digits).success).toBe(true);
      expect(code.digits).toMatch(/^[0-8]/);
      code.renew();
    }
    code.lengthen();
    expect(pairingCodeSchema.safeParse(code.digits).success).toBe(true);
    expect(code.digits).toMatch(/^9[0-9]{14}$/);
  });

  it('that is long is not used up by wrong tries, and right once', () => {
    const code = new PairingCode();
    code.lengthen();
    const { digits } = code;
    const verdicts = Array.from({ length: 10_000 }, () => code.try(is(wrong(code))).verdict);
    expect(new Set(verdicts)).toEqual(new Set(['wrong']));
    expect(code.try(is(digits))).toEqual({ verdict: 'right' });
    expect(code.try(is(digits))).toEqual({ verdict: 'void' });
  });

  it('is right once', () => {
    const code = new PairingCode();
    const { digits } = code;
    expect(code.try(is(digits))).toEqual({ verdict: 'right' });
    expect(code.try(is(digits))).toEqual({ verdict: 'void' });
  });

  it('takes a few wrong tries, and not even the right one after them', () => {
    const code = new PairingCode();
    const verdicts = Array.from({ length: PAIRING_TRIES }, () => code.try(is(wrong(code))));
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['wrong', 'wrong', 'wrong', 'wrong', 'void']);
    expect(verdicts[0]).toEqual({ verdict: 'wrong', triesLeft: 4 });
    expect(code.try(is(code.digits))).toEqual({ verdict: 'void' });
  });

  it('counts a try of another length as wrong', () => {
    const code = new PairingCode();
    expect(code.try(is(`${code.digits}0`))).toEqual({ verdict: 'wrong', triesLeft: 4 });
    expect(code.try(is(''))).toEqual({ verdict: 'wrong', triesLeft: 3 });
  });

  it('is void when its time is over', () => {
    let now = 0;
    const code = new PairingCode(() => now);
    now = PAIRING_CODE_LIFETIME_MS - 1;
    expect(code.isOpen).toBe(true);
    now = PAIRING_CODE_LIFETIME_MS;
    expect(code.try(is(code.digits))).toEqual({ verdict: 'void' });
  });

  it('is another one after renewing, with the tries that are left: who guesses gains nothing by it', () => {
    const code = new PairingCode();
    for (let tried = 1; tried < PAIRING_TRIES; tried++) {
      code.try(is(wrong(code)));
      code.renew();
      expect(code.digits).toMatch(/^[0-8][0-9]{5}$/);
    }
    expect(code.try(is(wrong(code)))).toEqual({ verdict: 'void' });
    code.renew();
    expect(code.isLong).toBe(true);
    code.renew();
    expect(code.isLong).toBe(true);
    expect(code.try(is(code.digits))).toEqual({ verdict: 'right' });
    code.restart();
    expect(code.try(is(wrong(code)))).toEqual({ verdict: 'wrong', triesLeft: PAIRING_TRIES - 1 });
  });

  it('goes on with the wrong tries of an earlier companion', () => {
    const code = new PairingCode(undefined, PAIRING_TRIES - 1);
    expect(code.isLong).toBe(false);
    expect(code.try(is(wrong(code)))).toEqual({ verdict: 'void' });
    expect(code.wrongTries).toBe(PAIRING_TRIES);
    expect(new PairingCode(undefined, code.wrongTries).isLong).toBe(true);
  });

  it('counts slow guesses as it counts quick ones: an old code leaves its tries to the next', () => {
    let now = 0;
    const code = new PairingCode(() => now);
    for (let round = 1; round < PAIRING_TRIES; round++) {
      expect(code.try(is(wrong(code)))).toEqual({ verdict: 'wrong', triesLeft: PAIRING_TRIES - round });
      now += PAIRING_CODE_LIFETIME_MS;
      expect(code.try(is(code.digits))).toEqual({ verdict: 'void' });
      code.renew();
      expect(code.digits).toMatch(/^[0-8][0-9]{5}$/);
    }
    expect(code.try(is(wrong(code)))).toEqual({ verdict: 'void' });
  });

  it('is as it was where what it was for could not be done, and only then', () => {
    const code = new PairingCode();
    code.try(is(wrong(code)));
    const { digits } = code;
    expect(code.try(is(digits))).toEqual({ verdict: 'right' });
    code.reopen();
    expect(code.try(is(wrong(code)))).toEqual({ verdict: 'wrong', triesLeft: PAIRING_TRIES - 2 });
    expect(code.try(is(digits))).toEqual({ verdict: 'right' });
    code.lengthen();
    code.reopen();
    expect(code.try(is(wrong(code)))).toEqual({ verdict: 'wrong', triesLeft: Number.POSITIVE_INFINITY });
  });
});

describe('a pairing link', () => {
  it('is long, no two are the same, and it is good for minutes', () => {
    let now = 0;
    const link = new PairingLink(() => now);
    expect(link.secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(new PairingLink(() => now).secret).not.toBe(link.secret);
    now = PAIRING_LINK_LIFETIME_MS - 1;
    expect(link.isInTime).toBe(true);
    now = PAIRING_LINK_LIFETIME_MS;
    expect(link.isInTime).toBe(false);
  });
});
