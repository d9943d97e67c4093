/** Pairing with the program on one port: the panel's side of shared/protocol/pairing-exchange.ts. */

import { isSame } from '../../../shared/protocol/handshake.ts';
import { pairingAnswerSchema, pairingProvenSchema, routes } from '../../../shared/protocol/http.ts';
import { type PairingRun, pairingOutcome, pairingShare } from '../../../shared/protocol/pairing-exchange.ts';
import { CLIENT } from './client-handshake.ts';
import { requestJson } from './companion-http.ts';
import { randomBytes, randomHex } from './random-hex.ts';

const RUN_BYTES = 16;
const SEED_BYTES = 32;

/** A companion takes some tens of milliseconds; on a busy computer ten times that. */
const ANSWER_MS = 5_000;

export type PairingSecret = Pick<PairingRun, 'by' | 'secret'>;

/**
 * The companion's id and the token; undefined where the program has answered, and does not know the secret.
 * @throws RequestFailure where it turns the pairing down
 */
export async function pairWith(
  port: number,
  secret: PairingSecret,
): Promise<{ readonly companion: string; readonly token: string; readonly port: number } | undefined> {
  const run: PairingRun = { ...secret, port, run: randomHex(RUN_BYTES), client: CLIENT };
  const seed = randomBytes(SEED_BYTES);
  const share = pairingShare(run, seed);
  const request = { by: run.by, run: run.run, share, client: CLIENT };
  const address = { port, ticket: null };
  const post = (body: unknown) => ({ method: 'POST', body, timeoutMs: ANSWER_MS }) as const;
  const answer = await requestJson(address, routes.pairingShare, pairingAnswerSchema, post(request));
  const outcome = pairingOutcome(run, seed, { panel: share, companion: answer.share }, 'panel');
  if (outcome === undefined) return undefined;
  const proof = outcome.panelProof;
  const last = await requestJson(
    address,
    routes.pairingProof,
    pairingProvenSchema,
    post({ ...request, proof }),
  );
  const { companion } = last;
  if (!isSame(last.proof, outcome.companionProof(companion))) return undefined;
  return { companion, token: outcome.token, port };
}
