import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { SMALL_MODEL } from '../cli/small-model.ts';
import { writeMeasurements } from '../runtime/measured-computer.ts';
import { whenFree } from '../server/free-port.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const embedded = join(EMBEDDED_MODELS, DEFAULT_MODEL);

/** The base model to test with; undefined where there is none. */
export const e2eModel = [process.env.LIKENESS_E2E_MODEL, embedded, SMALL_MODEL].find(
  (folder) => folder !== undefined && existsSync(`${folder}/model_index.json`),
);

/**
 * Where pictures are not looked at: a model of random weights that takes a tenth of the embedded one's time, where it is there.
 * Pictures for documents are of the embedded one.
 */
export const quickModel = process.env.LIKENESS_SCREENSHOTS ? e2eModel : (SMALL_MODEL ?? e2eModel);

interface Announced {
  readonly code: string;
  readonly studio: string;
}

export interface ProcessOptions {
  /** Default: e2eModel. */
  readonly model?: string | undefined;
  /** Folder whose command `--open` finds before the system's; without one no page is opened. */
  readonly opener?: string;
  /** Environment of a companion that fetches models; the one chosen there is not overruled by the command line. */
  readonly hub?: NodeJS.ProcessEnv | undefined;
}

/** `likeness start` as people run it, in a data folder of its own, on a computer that was measured before. */
export class CompanionProcess {
  readonly studio: string;
  /** The pairing code, valid once. */
  readonly code: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, { studio, code }: Announced) {
    this.#child = child;
    this.studio = studio;
    this.code = code;
  }

  static async start(home: string, port: number, options: ProcessOptions = {}): Promise<CompanionProcess> {
    await writeMeasurements(join(home, 'cache'));
    const begin = () => CompanionProcess.#begin(home, port, options);
    return whenFree(begin, (error) => (error as Error).message.includes(`port ${port} is taken`));
  }

  static async #begin(
    home: string,
    port: number,
    { model = e2eModel, opener, hub }: ProcessOptions,
  ): Promise<CompanionProcess> {
    const args = ['bin/likeness.mjs', 'start', '--json', '--no-examples', '--port', String(port)];
    if (hub === undefined) args.push('--model', model!);
    if (opener !== undefined) args.push('--open');
    const path = opener === undefined ? process.env.PATH : `${opener}${delimiter}${process.env.PATH}`;
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ...hub, LIKENESS_HOME: home, PATH: path },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const closed = once(child, 'close');
    let complaints = '';
    child.stderr.on('data', (text: Buffer) => {
      complaints += text.toString();
    });
    let code = '';
    for await (const line of createInterface(child.stdout)) {
      const event = JSON.parse(line) as { type: string; code?: string; studio?: string };
      if (event.type === 'pairing-code') code = event.code!;
      if (event.type === 'listening') {
        // Nobody reads on; the pipe must not fill.
        child.stdout.resume();
        return new CompanionProcess(child, { code, studio: event.studio! });
      }
    }
    await closed;
    throw new Error(`the companion ended before it listened: ${complaints}`);
  }

  /** As a crash, or the system's memory killer, does it. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGINT');
    await ended;
  }

  /** Kills the engine's process. */
  killEngine(): void {
    process.kill(this.#enginePid(), 'SIGKILL');
  }

  /** Holds the engine's process while `act` is done: what is under way has not ended by then. On Linux; elsewhere it goes on. */
  async withEngineHeld(act: () => Promise<unknown>): Promise<void> {
    if (process.platform !== 'linux') return void (await act());
    const engine = this.#enginePid();
    process.kill(engine, 'SIGSTOP');
    await act().finally(() => process.kill(engine, 'SIGCONT'));
  }

  /** Linux alone says which one that is. */
  #enginePid(): number {
    const { pid } = this.#child;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    const engine = children.map(Number).find((child) => commandLine(child).includes('engine'));
    if (engine === undefined) throw new Error('the companion has no engine process');
    return engine;
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
