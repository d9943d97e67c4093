import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { tokenSchema } from '../../shared/protocol/ids.ts';
import { type PairingRun, pairingOutcome, pairingShare } from '../../shared/protocol/pairing-exchange.ts';

const run: PairingRun = {
  by: 'code',
  secret: '482915',
  port: 17654,
  run: '0a'.repeat(16),
  client: { name: 'Likeness plugin', version: '0.1.0' },
};
const companion = 'c0'.repeat(16);

/** Both sides of a run, each as it believes to be in. */
function pair(panelRun: PairingRun, companionRun: PairingRun) {
  const panelSeed = randomBytes(32);
  const companionSeed = randomBytes(32);
  const shares = {
    panel: pairingShare(panelRun, panelSeed),
    companion: pairingShare(companionRun, companionSeed),
  };
  return {
    panel: pairingOutcome(panelRun, panelSeed, shares, 'panel')!,
    companion: pairingOutcome(companionRun, companionSeed, shares, 'companion')!,
    shares,
  };
}

describe('a pairing', () => {
  it('ends with the same token and proofs on both sides, and no two with the same', () => {
    const one = pair(run, run);
    expect(one.panel.token).toBe(one.companion.token);
    expect(tokenSchema.parse(one.panel.token)).toBeDefined();
    expect(one.panel.panelProof).toBe(one.companion.panelProof);
    expect(one.panel.companionProof(companion)).toBe(one.companion.companionProof(companion));
    expect(pair(run, run).panel.token).not.toBe(one.panel.token);
  });

  it.each([
    ['a wrong code', { ...run, secret: '482916' }],
    ['a code passed on from another port', { ...run, port: 17653 }],
    ['a link in place of a code', { ...run, by: 'link' as const }],
    ['another client’s name', { ...run, client: { ...run.client, name: 'Somebody else' } }],
  ])('ends with nothing in common: %s', (_, other) => {
    const { panel, companion: theirs } = pair(other, run);
    expect(panel.panelProof).not.toBe(theirs.panelProof);
    expect(panel.companionProof(companion)).not.toBe(theirs.companionProof(companion));
    expect(panel.token).not.toBe(theirs.token);
  });

  it('has a proof of the companion that names it, and is not the panel’s', () => {
    const { panel } = pair(run, run);
    expect(panel.companionProof(companion)).not.toBe(panel.companionProof('c1'.repeat(16)));
    expect(panel.companionProof(companion)).not.toBe(panel.panelProof);
  });

  it('fails for a share that is none', () => {
    const shares = { panel: '00'.repeat(32), companion: '00'.repeat(32) };
    expect(pairingOutcome(run, randomBytes(32), shares, 'panel')).toBeUndefined();
    expect(pairingOutcome(run, randomBytes(32), shares, 'companion')).toBeUndefined();
  });

  it('leaves a stranger who has recorded it with no code that is likelier than another', () => {
    // The stranger plays the companion with a guess: what it has seen then tells that guess alone, right or wrong.
    const guessed = pair(run, { ...run, secret: '000000' });
    const seen = guessed.panel.panelProof;
    const seed = randomBytes(32);
    for (const code of ['000000', '482915', '123456']) {
      // Another code for the same shares needs the secret behind a share of another generator, which nobody has.
      const again = pairingOutcome({ ...run, secret: code }, seed, guessed.shares, 'companion')!;
      expect(again.panelProof).not.toBe(seen);
    }
  });
});
