/** The real server on a free port, with the real queue and library, over an engine that does what a test says. */

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { LoginStart } from '../../companion/installation/login-start.ts';
import { openLocalJobs } from '../../companion/jobs/drivers/local/repository.ts';
import { JobQueue } from '../../companion/jobs/job-queue.ts';
import type { Engine, EngineComputer } from '../../companion/jobs/runs/context.ts';
import { FileLibrary } from '../../companion/library/file-library.ts';
import type { BaseModelFacts } from '../../companion/pipeline/loaded-model.ts';
import { CompanionServer } from '../../companion/server/companion-server.ts';
import { createLog, LOG_FILE } from '../../companion/server/log.ts';
import { listenOnLoopback } from '../../companion/server/loopback-listeners.ts';
import { ModelController } from '../../companion/server/model-controller.ts';
import { ModelInUse } from '../../companion/server/model-in-use.ts';
import { dataFolders } from '../../companion/storage/folders.ts';
import type { LeaveRequest } from '../../shared/protocol/computer.ts';
import { pairedSchema } from '../../shared/protocol/http.ts';
import { ScriptedEngine } from '../jobs/scripted-engine.ts';
import { writeMeasurements } from '../runtime/measured-computer.ts';

const MODEL: BaseModelFacts = {
  summary: {
    name: 'nano',
    resolution: 16,
    sizeUnit: 8,
    defaults: { teach: { steps: 4 }, generate: { steps: 4, guidanceScale: 5, mask: 'median' } },
    classWords: ['bottle'],
    placements: ['on a beach'],
    isDemonstration: false,
  },
  identity: { name: 'nano', hash: 'ab'.repeat(32), architecture: 'stable-diffusion-v1' },
  sites: [{ path: 'mid_block.attentions.0', inputs: 4, outputs: 4, stride: 1, storedAs: 'conv1x1' }],
  samples: undefined,
  prediction: 'epsilon',
  textWidths: [4],
};

/** What the studio's frame and Figma's iframe send. */
export const PLUGIN_ORIGIN = 'null';

export interface RunningServer {
  readonly port: number;
  readonly address: string;
  readonly home: string;
  readonly engine: ScriptedEngine;
  readonly queue: JobQueue;
  readonly library: FileLibrary;
  readonly server: CompanionServer;
  /** As shown on the companion's screen, the newest last. */
  readonly codes: string[];
  /** Wishes of clients that it end. */
  readonly left: LeaveRequest[];
  /** A token, by pairing as the plugin does. */
  pair(name?: string): Promise<string>;
  /** Everything that was logged. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * @param home of an earlier server, whose files are then gone on with
 * @param real an engine that takes the scripted one's place, and the model's folder, which no scripted one opens
 * @param hub environment for pulls: nobody is asked without it
 */
export async function startServer(
  home?: string,
  real?: { readonly engine?: Engine; readonly folder?: string; readonly computer?: EngineComputer },
  hub: NodeJS.ProcessEnv = {},
): Promise<RunningServer> {
  const folder = home ?? (await mkdtemp(join(tmpdir(), 'likeness-server-')));
  const pages = join(folder, 'pages');
  await writeFile(join(await made(pages), 'studio.html'), '<!doctype html><title>studio</title>');
  await writeFile(
    join(await made(join(pages, 'studio')), 'panel.html'),
    '<!doctype html><title>panel</title>',
  );
  const engine = new ScriptedEngine();
  const folders = dataFolders({ LIKENESS_HOME: folder });
  const inUse = new ModelInUse({ facts: MODEL, folder: real?.folder ?? 'none' }, folders);
  if (home === undefined) await writeMeasurements(folders.cache);
  const library = new FileLibrary(join(folder, 'concepts'), { rescanIntervalMs: 50 });
  const queue = await JobQueue.open({
    stores: await openLocalJobs(join(folder, 'jobs')),
    engine: real?.engine ?? engine,
    computer: real?.computer ?? { device: 'auto', cacheFolder: folders.cache, loraFolder: folders.loras },
    models: inUse,
    library,
  });
  const rest = { rest: () => {} };
  const models = await ModelController.open({ inUse, folders, queue, engine: rest, env: hub });
  const codes: string[] = [];
  const left: LeaveRequest[] = [];
  const logs = join(folder, 'logs');
  const server = await CompanionServer.start({
    listeners: await listenOnLoopback(0),
    queue,
    library,
    models,
    tokenFile: join(folder, 'clients.json'),
    cacheFolder: join(folder, 'cache'),
    pages,
    computer: {
      folders,
      installation: { kind: 'clone', folder, command: ['node', 'likeness.mjs', 'start'] },
      loginStart: new LoginStart({
        command: ['node', 'likeness.mjs', 'start'],
        platform: 'linux',
        env: {},
        home: join(folder, 'user'),
      }),
      manifest: join(folder, 'figma-plugin/manifest.json'),
      version: '0.1.0',
      startedAt: new Date(),
      leave: (wish) => left.push(wish),
    },
    log: createLog({ folder: logs }),
    showCode: (digits) => codes.push(digits),
  });
  const address = `http://localhost:${server.port}`;
  const pair = async (name = 'Figma plugin') => {
    const response = await fetch(`${address}/api/pair`, {
      method: 'POST',
      headers: { Origin: PLUGIN_ORIGIN, 'Content-Type': 'application/json' },
      body: JSON.stringify({ code: codes.at(-1), client: { name, version: '0.1.0' } }),
    });
    return pairedSchema.parse(await response.json()).token;
  };
  const log = async () => {
    const names = await readdir(logs);
    const texts = await Promise.all(names.map((name) => readFile(join(logs, name), 'utf8')));
    return names.includes(LOG_FILE) ? texts.join('') : '';
  };
  const stop = async () => {
    await queue.close();
    await models.close();
    await server.close();
    await inUse.close();
    if (home === undefined) await rm(folder, { recursive: true, force: true });
  };
  return {
    port: server.port,
    address,
    home: folder,
    engine,
    queue,
    library,
    server,
    codes,
    left,
    pair,
    log,
    stop,
  };
}

export interface PairedServer extends RunningServer {
  readonly token: string;
}

/** One server for the tests of a file, with a client that is paired; it can be used in them, and in hooks that come after it. */
export function usePairedServer(): PairedServer {
  const paired = {} as PairedServer;
  beforeAll(async () => {
    const running = await startServer();
    Object.assign(paired, running, { token: await running.pair() });
  });
  afterAll(() => paired.stop());
  return paired;
}

async function made(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  return folder;
}
