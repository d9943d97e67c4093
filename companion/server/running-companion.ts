/**
 * Detection of a companion that is running already, since two would do the same jobs twice and overwrite each other's state;
 * and the port to listen on: the plugin's manifest names three, and nothing else can be reached from Figma.
 */

import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LikenessError, PROGRAM } from '../../shared/errors.ts';
import { parsedJson } from '../../shared/json-text.ts';
import { z } from '../../shared/protocol/zod.ts';
import { writeFileAtomically } from '../storage/atomic-file.ts';
import { withFolderLock } from '../storage/folder-lock.ts';
import { isRunning } from '../storage/process-identity.ts';
import { readRegularFile } from '../storage/regular-file.ts';
import { type LoopbackListeners, listenOnLoopback } from './loopback-listeners.ts';
import { serverAddress } from './own-address.ts';
import { describeHolder, portHolder } from './port-holder.ts';

const recordSchema = z.object({
  port: z.int().min(1).max(65_535),
  pid: z.int().positive(),
  /** Absent from records of the versions before. */
  version: z.string().optional(),
});

const STOP_LOOK_MS = 100;
/** A teaching of a full-size model saves some hundred megabytes at the end of its step. */
const STOP_TIMEOUT_MS = 120_000;

/** This data folder has its companion; `address` leads to it. */
export class CompanionRunning extends LikenessError {
  readonly address: string;
  readonly pid: number;
  /** Undefined of a version that did not say. */
  readonly version: string | undefined;

  constructor({ port, pid, version }: Readonly<z.infer<typeof recordSchema>>) {
    const address = serverAddress(port);
    super('input', `Likeness is running already, at ${address}`, {
      advice: `Use that one, or stop it: \`${PROGRAM} stop\`.`,
    });
    this.address = address;
    this.pid = pid;
    this.version = version;
  }
}

/** The file in which the companion of a data folder says where it listens. One that a crash left behind is harmless. */
export class RunningRecord {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** @throws LikenessError `input` where this data folder has its companion */
  async requireNone(): Promise<void> {
    const text = await readRegularFile(this.#file).then(String, () => '');
    const record = recordSchema.safeParse(parsedJson(text));
    if (!record.success) return;
    const { port, pid } = record.data;
    const holder = await portHolder(port);
    // Neither alone proves anything: after a crash the number may have gone to another process, and the port to a program
    // that says to be a companion.
    if (!isRunning(pid)) return;
    if (holder === 'companion') throw new CompanionRunning(record.data);
    // A process that is suspended keeps its port, and goes on with its jobs when it is woken.
    if (holder === 'silent') throw notAnswering(port, pid);
  }

  /**
   * Listens, and says where. Of those that start at the same moment, on ports of their own, one at a time comes to this,
   * so that the others find it.
   * @throws LikenessError `input` where this data folder has its companion, `storage`; what `listen` throws
   */
  async claim(version: string, listen: () => Promise<LoopbackListeners>): Promise<LoopbackListeners> {
    return withFolderLock(dirname(this.#file), async () => {
      await this.requireNone();
      const listeners = await listen();
      try {
        await writeFileAtomically(
          this.#file,
          JSON.stringify({ port: listeners.port, pid: process.pid, version }),
        );
        return listeners;
      } catch (error) {
        // A port that nothing answers on would keep the process alive, and the next start out.
        for (const server of listeners.servers) server.close();
        throw error;
      }
    });
  }

  /**
   * Asks a companion that runs to end, and waits until it has: it saves what is under way. On Windows there is no such
   * request, and its process ends at once; its jobs go on at the next start as after a crash.
   * @throws LikenessError `input` where it does not end in time
   */
  async stop({ pid }: CompanionRunning): Promise<void> {
    try {
      process.kill(pid, 'SIGTERM');
    } catch {
      // Gone meanwhile.
      return;
    }
    for (let waitedMs = 0; isRunning(pid); waitedMs += STOP_LOOK_MS) {
      if (waitedMs >= STOP_TIMEOUT_MS) {
        throw new LikenessError('input', `the companion (process ${pid}) has not ended yet`, {
          advice: 'It may be saving a large teaching. Wait a minute, and try again.',
        });
      }
      await delay(STOP_LOOK_MS);
    }
  }

  async remove(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}

function notAnswering(port: number, pid: number): LikenessError {
  const where = serverAddress(port);
  return new LikenessError(
    'input',
    `Likeness is running already, as process ${pid}, and ${where} does not answer`,
    {
      advice: `If it was suspended, wake it (type fg where it was started); else end process ${pid} and start again.`,
    },
  );
}

/** Told of each port that another program has, in words: "port 17653 is taken by another program". */
export type TellTaken = (port: number, words: string) => void;

/**
 * Listens on the first of the ports that no other program has. Whoever says on one of them to be a companion may be
 * another account's, or none: the panel finds its own by proof.
 * @throws LikenessError `input` where all are taken
 */
export async function listenOnFirstFree(
  ports: readonly number[],
  tell: TellTaken = () => {},
): Promise<LoopbackListeners> {
  const taken: string[] = [];
  for (const port of ports) {
    try {
      return await listenOnLoopback(port);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EACCES') throw notAllowed(port, error);
      if (code !== 'EADDRINUSE') throw error;
    }
    const holder = await portHolder(port);
    const words = `port ${port} is taken by ${describeHolder(holder)}`;
    taken.push(words);
    tell(port, words);
  }
  throw new LikenessError('input', taken.join('; '), {
    advice: 'Stop such a program. With --port another port can be used, by the studio only.',
  });
}

function notAllowed(port: number, cause: unknown): LikenessError {
  return new LikenessError('input', `port ${port} is one that this account may not listen on`, {
    advice: 'Choose one above 1023.',
    cause,
  });
}
