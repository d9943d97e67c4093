import { describe, expect, it } from 'vitest';
import { ClientHandshake } from '../../../plugin/ui/connection/client-handshake.ts';
import { KeptPairings } from '../../../plugin/ui/connection/kept-pairings.ts';
import { companionProof, keyIdOf, provenToken, tokenKey } from '../../../shared/protocol/handshake.ts';
import { HELLO_MAX_KEYS } from '../../../shared/protocol/limits.ts';

const token = (letter: string) => letter.repeat(43);
const companion = (digit: string) => digit.repeat(32);
const ours = { companion: companion('a'), token: token('A'), port: 17654 };

describe('kept pairings', () => {
  it('are found again by companion, as they were stored', () => {
    const stored = KeptPairings.from(null).with(ours).toText();
    const kept = KeptPairings.from(stored);
    expect(kept.keys).toEqual([keyIdOf(tokenKey(ours.token))]);
    expect(kept.lastPort).toBe(17654);
    expect(kept.tokenFor(ours.companion, kept.keys[0]!)).toBe(ours.token);
  });

  it('have one token a companion, the newest, and the one used last in front', () => {
    const other = { companion: companion('b'), token: token('B'), port: 17653 };
    const renewed = { ...ours, token: token('C') };
    const kept = KeptPairings.from(null).with(ours).with(other).with(renewed);
    expect(JSON.parse(kept.toText()).pairings).toEqual([renewed, other]);
    expect(kept.lastPort).toBe(17654);
  });

  it('of one companion are not for another that asks for them', () => {
    const kept = KeptPairings.from(null).with(ours);
    expect(kept.tokenFor(companion('b'), kept.keys[0]!)).toBeUndefined();
  });

  it('of the version before have no companion yet, and get one where it proves itself', () => {
    const before = KeptPairings.from(ours.token);
    expect(before.lastPort).toBeNull();
    expect(before.tokenFor(companion('b'), before.keys[0]!)).toBe(ours.token);
    expect(JSON.parse(before.with(ours).toText()).pairings).toEqual([ours]);
  });

  it.each([['text'], ['{"format":2}'], ['{"format":1,"pairings":[{"token":"short"}]}'], ['']])(
    'that cannot be read are none: %s',
    (stored) => expect(KeptPairings.from(stored).isEmpty).toBe(true),
  );

  it('are no more than a hello may name', () => {
    let kept = KeptPairings.from(null);
    for (const digit of '0123456789')
      kept = kept.with({ ...ours, companion: companion(digit), token: token(digit) });
    expect(kept.keys).toHaveLength(HELLO_MAX_KEYS);
    expect(KeptPairings.from(kept.toText()).keys).toEqual(kept.keys);
  });
});

describe('the panel’s handshake', () => {
  const kept = KeptPairings.from(null).with(ours);
  const key = tokenKey(ours.token);
  const challengeOf = ({ keys, nonce }: ReturnType<ClientHandshake['hello']>, port: number) => {
    const rest = { companion: ours.companion, key: keys[0]!, companionNonce: '22'.repeat(16) };
    const handshake = { ...rest, port, clientNonce: nonce };
    const proof = companionProof(key, handshake);
    const { companion: id, companionNonce } = rest;
    const message = {
      type: 'challenge',
      companion: id,
      key: rest.key,
      nonce: companionNonce,
      proof,
    } as const;
    return { message, handshake };
  };

  it('shows the token to the companion that has proven itself, and never as it is', () => {
    const panel = new ClientHandshake(kept, 17654);
    const hello = panel.hello();
    const { message, handshake } = challengeOf(hello, 17654);
    const answer = panel.answer(message)!;
    expect(provenToken(answer.message.proof, key, handshake)).toBe(ours.token);
    expect(JSON.stringify([hello, answer.message])).not.toContain(ours.token);
    expect(JSON.stringify([hello, answer.message])).not.toContain(Buffer.from(ours.token).toString('hex'));
  });

  it('says nothing to a program that passes on what the companion answers on its own port', () => {
    const panel = new ClientHandshake(kept, 17653);
    expect(panel.answer(challengeOf(panel.hello(), 17654).message)).toBeUndefined();
  });

  it('says nothing to one that replays an answer of another time, or has none', () => {
    const before = challengeOf(new ClientHandshake(kept, 17654).hello(), 17654).message;
    const panel = new ClientHandshake(kept, 17654);
    expect(panel.answer(before)).toBeUndefined();
    const { message } = challengeOf(panel.hello(), 17654);
    expect(panel.answer({ ...message, proof: '00'.repeat(32) })).toBeUndefined();
    expect(panel.answer({ ...message, companion: companion('b') })).toBeUndefined();
    expect(panel.answer({ ...message, key: '00'.repeat(16) })).toBeUndefined();
  });
});
