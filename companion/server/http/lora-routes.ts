/** `loraRoutes`: the LoRAs of the store, as they fit the companion's model. */

import { Router } from 'express';
import { routes } from '../../../shared/protocol/http.ts';
import { type Loras, loraNameSchema } from '../../../shared/protocol/lora.ts';
import { samplerText } from '../../lora/accelerator.ts';
import { isForArchitecture } from '../../lora/lora-fit.ts';
import { listLoras } from '../../model-store/loras/lora-store.ts';
import type { DataFolders } from '../../storage/folders.ts';

/** @param architecture of the companion's model */
export function loraRoutes(folders: Pick<DataFolders, 'loras'>, architecture: () => string): Router {
  const router = Router();

  // Read anew each time: people add files while the companion runs.
  router.get(routes.loras, async (_request, response) => {
    const loras: Loras['loras'] = [];
    for (const lora of await listLoras(folders)) {
      // What is damaged is said by `models list`; nobody can choose it here.
      if ('fault' in lora || !loraNameSchema.safeParse(lora.name).success) continue;
      const { name, kind = null, weight, brings } = lora;
      const { steps, guidanceScale, guidanceMax = null } = brings ?? {};
      const brought =
        brings === undefined || steps === undefined || guidanceScale === undefined
          ? null
          : { steps, guidanceScale, guidanceMax, sampler: samplerText(brings) };
      const fits = lora.architecture === null || isForArchitecture(lora.architecture, architecture());
      loras.push({ name, kind, architecture: lora.architecture, fits, weight, brings: brought });
    }
    response.json({ loras } satisfies Loras);
  });
  return router;
}
