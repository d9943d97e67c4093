/** Starting a self-test in a child process, with a time limit, and making one line of how it ended. */
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Device } from './device.ts';
import type { SelfTestReport } from './self-test-process.ts';

/** Native libraries explain themselves at length; the first part says what is wrong. */
const MAX_FAULT_LENGTH = 240;

/** Undefined when the device passed; else why it must not be used, in one line. */
export async function tryDevice(device: Device, timeoutMs: number): Promise<string | undefined> {
  const script = fileURLToPath(new URL('./self-test-process.ts', import.meta.url));
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const child = fork(script, [device], {
    execArgv: ['--import', loader],
    // What drivers print is noise for people; how the test ended comes by message.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // A group of its own: Ctrl-C on the terminal is for the command, and must not be taken for a fault of the device.
    detached: true,
  });
  return await new Promise((resolve) => {
    const timer = setTimeout(() => {
      finish(`its self-test did not end within ${timeoutMs / 1000} s`);
      child.kill('SIGKILL');
    }, timeoutMs);
    const finish = (fault: string | undefined): void => {
      clearTimeout(timer);
      resolve(fault);
    };
    child.once('message', (message) => finish(oneLine((message as SelfTestReport).fault)));
    child.once('error', (error) => finish(`its self-test could not start: ${error.message}`));
    child.once('exit', (code, signal) => finish(`its self-test ended with ${signal ?? `exit code ${code}`}`));
  });
}

function oneLine(fault: string | undefined): string | undefined {
  // "<source file> <C++ function> <condition> was false. <what people can read>"
  const readable = fault?.replace(/^[\s\S]* was false\. /, '');
  return readable?.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_FAULT_LENGTH);
}
