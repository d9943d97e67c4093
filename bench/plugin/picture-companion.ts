/** The real server, queue and library, over an engine that has its pictures already. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { thisInstallation } from '../../companion/installation/installation.ts';
import { LoginStart } from '../../companion/installation/login-start.ts';
import { openLocalJobs } from '../../companion/jobs/drivers/local/repository.ts';
import { JobQueue } from '../../companion/jobs/job-queue.ts';
import { FileLibrary } from '../../companion/library/file-library.ts';
import type { BaseModelFacts } from '../../companion/pipeline/loaded-model.ts';
import { CompanionServer } from '../../companion/server/companion-server.ts';
import { createLog } from '../../companion/server/log.ts';
import { listenOnLoopback } from '../../companion/server/loopback-listeners.ts';
import { ModelController } from '../../companion/server/model-controller.ts';
import { ModelInUse } from '../../companion/server/model-in-use.ts';
import { PLUGIN_BUILD } from '../../companion/server/plugin-installation.ts';
import { dataFolders } from '../../companion/storage/folders.ts';
import { PictureEngine } from './picture-engine.ts';

const NAME = 'bench';

export interface PictureCompanion {
  readonly engine: PictureEngine;
  readonly port: number;
  readonly code: string;
  readonly stop: () => Promise<void>;
}

/** @param side of every picture, in pixels */
export async function startPictureCompanion(side: number): Promise<PictureCompanion> {
  const home = await mkdtemp(join(tmpdir(), 'likeness-bench-'));
  const engine = new PictureEngine(side);
  const library = new FileLibrary(join(home, 'concepts'));
  const folders = dataFolders({ LIKENESS_HOME: home });
  const inUse = new ModelInUse({ facts: modelOf(side), folder: 'none' }, folders);
  const queue = await JobQueue.open({
    stores: await openLocalJobs(join(home, 'jobs')),
    engine,
    computer: { device: 'auto', cacheFolder: folders.cache, loraFolder: folders.loras },
    models: inUse,
    library,
  });
  const models = await ModelController.open({ inUse, folders, queue, engine: { rest: () => {} }, env: {} });
  let code = '';
  const server = await CompanionServer.start({
    listeners: await listenOnLoopback(0),
    queue,
    library,
    models,
    tokenFile: join(home, 'clients.json'),
    cacheFolder: folders.cache,
    pages: PLUGIN_BUILD,
    computer: {
      folders: dataFolders({ LIKENESS_HOME: home }),
      installation: thisInstallation(),
      loginStart: new LoginStart({ ...thisInstallation(), home, env: {} }),
      manifest: '',
      version: '0',
      startedAt: new Date(),
      leave: () => {},
    },
    log: createLog({ folder: join(home, 'logs') }),
    showCode: (digits) => {
      code = digits;
    },
  });
  const stop = async () => {
    await queue.close();
    await models.close();
    await server.close();
    await rm(home, { recursive: true, force: true });
  };
  return { engine, port: server.port, code, stop };
}

function modelOf(side: number): BaseModelFacts {
  const generate = { steps: 1, guidanceScale: 5, mask: 'off' } as const;
  return {
    summary: {
      name: NAME,
      resolution: side,
      sizeUnit: 8,
      defaults: { teach: { steps: 1 }, generate },
      classWords: [],
      placements: [],
      isDemonstration: false,
    },
    identity: { name: NAME, hash: '0'.repeat(64), architecture: 'stable-diffusion-v1' },
    sites: [],
    samples: undefined,
    prediction: 'epsilon',
    textWidths: [],
  };
}
