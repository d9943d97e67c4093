/** `presetRoutes`: the presets of this computer, which all its panels and the command line share. */

import express, { Router } from 'express';
import { routes } from '../../../shared/protocol/http.ts';
import {
  type ImportedPresets,
  type Presets,
  presetFileSchema,
  presetNameSchema,
} from '../../../shared/protocol/preset.ts';
import { z } from '../../../shared/protocol/zod.ts';
import { PRESETS_MAX_BYTES, type PresetStore, requireDistinct } from '../../presets/preset-store.ts';
import { parsed } from './app.ts';

const address = z.object({ name: presetNameSchema });

export function presetRoutes(store: PresetStore): Router {
  const router = Router();

  // Read anew each time: the command line changes them, too.
  router.get(routes.presets, async (_request, response) => {
    response.json({ presets: [...(await store.list())] } satisfies Presets);
  });

  router.post(routes.presets, express.json({ limit: PRESETS_MAX_BYTES }), async (request, response) => {
    const { presets } = parsed(presetFileSchema, request.body, 'the presets');
    requireDistinct(presets, 'the presets');
    const replaced = await store.merge(presets);
    response.json({ presets: [...(await store.list())], replaced: [...replaced] } satisfies ImportedPresets);
  });

  router.delete(routes.preset(':name'), async (request, response) => {
    await store.remove(parsed(address, request.params, 'the address').name);
    response.status(204).end();
  });

  return router;
}
