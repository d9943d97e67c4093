/** `computerRoutes`: the computer that the companion runs on: disk, start at login, the code for Figma, and the end of it all. */

import express, { Router } from 'express';
import type { LeaveRequest } from '../../../shared/protocol/computer.ts';
import {
  type Computer,
  leaveSchema,
  openFolderSchema,
  type ShownCode,
  startAtLoginSchema,
} from '../../../shared/protocol/computer.ts';
import { routes } from '../../../shared/protocol/http.ts';
import { computerFolder, diskUsage } from '../../installation/disk-usage.ts';
import type { Installation } from '../../installation/installation.ts';
import type { LoginStart } from '../../installation/login-start.ts';
import { openForUser } from '../../installation/opener.ts';
import { inFolder } from '../../storage/atomic-file.ts';
import type { DataFolders } from '../../storage/folders.ts';
import { MAX_JSON_BYTES } from '../limits.ts';
import { parsed } from './app.ts';

/** Facts of one run of the companion that its clients may see, and its ends. */
export interface ComputerFacts {
  readonly folders: DataFolders;
  readonly installation: Installation;
  readonly loginStart: LoginStart;
  /** Path of the plugin's manifest. */
  readonly manifest: string;
  readonly version: string;
  readonly startedAt: Date;
  /** Ends the companion in good order, after the answer. */
  readonly leave: (request: LeaveRequest) => void;
}

/** @param newCode a new pairing code's digits */
export function computerRoutes(facts: ComputerFacts, newCode: () => string): Router {
  const router = Router();
  const json = express.json({ limit: MAX_JSON_BYTES });
  const { folders, loginStart } = facts;

  router.get(routes.computer, async (_request, response) => {
    const { kind, folder } = facts.installation;
    response.json({
      version: facts.version,
      startedAt: facts.startedAt.toISOString(),
      installation: { kind, folder },
      manifest: facts.manifest,
      ...(await diskUsage(folders)),
      startsAtLogin: await loginStart.isOn(),
    } satisfies Computer);
  });

  router.post(routes.startAtLogin, json, async (request, response) => {
    await loginStart.set(parsed(startAtLoginSchema, request.body, 'the request').on);
    response.status(204).end();
  });

  router.post(routes.openFolder, json, async (request, response) => {
    const path = computerFolder(parsed(openFolderSchema, request.body, 'the request').folder, folders);
    // File managers complain of a folder that is not there yet.
    await inFolder(path, async () => {});
    openForUser(path);
    response.status(204).end();
  });

  router.post(routes.pairingCode, (_request, response) => {
    response.json({ code: newCode() } satisfies ShownCode);
  });

  router.post(routes.leave, json, (request, response) => {
    const requested = parsed(leaveSchema, request.body, 'the request');
    response.once('finish', () => facts.leave(requested));
    response.status(204).end();
  });

  return router;
}
