/** Pairing, and the list of those that are paired. */

import express, { Router } from 'express';
import { LikenessError } from '../../../shared/errors.ts';
import {
  type Clients,
  type Paired,
  type PairingAnswer,
  type PairingProven,
  pairingProofSchema,
  pairingShareSchema,
  pairRequestSchema,
  routes,
} from '../../../shared/protocol/http.ts';
import { z } from '../../../shared/protocol/zod.ts';
import { MAX_JSON_BYTES } from '../limits.ts';
import type { Pairing } from '../pairing.ts';
import type { TokenStore } from '../token-store.ts';
import { parsed } from './app.ts';
import { clientOf, requirePage } from './gate.ts';

export function pairingRoutes(pairing: Pairing): Router {
  const router = Router();
  const json = express.json({ limit: MAX_JSON_BYTES });
  router.post(routes.pair, requirePage, json, async (request, response) => {
    const token = await pairing.pair(parsed(pairRequestSchema, request.body, 'the request'));
    response.json({ token } satisfies Paired);
  });
  router.post(routes.pairingShare, requirePage, json, (request, response) => {
    const share = pairing.share(parsed(pairingShareSchema, request.body, 'the request'));
    response.json({ share } satisfies PairingAnswer);
  });
  router.post(routes.pairingProof, requirePage, json, async (request, response) => {
    const answer = await pairing.prove(parsed(pairingProofSchema, request.body, 'the request'));
    response.json(answer satisfies PairingProven);
  });
  return router;
}

/** @param dismiss closes the sockets of a client whose token is no longer good */
export function clientRoutes(tokens: TokenStore, dismiss: (client: string) => void): Router {
  const router = Router();
  router.get(routes.clients, (_request, response) => {
    const own = clientOf(response)!.id;
    const clients = tokens.list().map((client) => ({ ...client, you: client.id === own }));
    response.json({ clients } satisfies Clients);
  });
  router.delete(routes.client(':client'), async (request, response) => {
    const client = parsed(z.uuid(), request.params.client, 'the address');
    if (!(await tokens.revoke(client))) throw new LikenessError('token', 'no client of this id is paired');
    dismiss(client);
    response.status(204).end();
  });
  return router;
}
