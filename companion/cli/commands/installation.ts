/** `likeness stop`, `autostart` and `uninstall`: the companion that runs, its start at login, and the end of both. */

import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import { removeData } from '../../installation/data-removal.ts';
import { type Installation, thisInstallation } from '../../installation/installation.ts';
import { LoginStart } from '../../installation/login-start.ts';
import { type DataFolders, dataFolders } from '../../storage/folders.ts';
import type { Output } from '../terminal/output.ts';

interface UninstallFlags {
  readonly data: 'keep' | 'remove';
}

export function registerInstallation(program: Command, output: Output): void {
  program
    .command('stop')
    .summary('stop the companion that is running')
    .description(
      'Ends the companion of this data folder: it saves what is under way, which goes on at the next start.',
    )
    .action(() => runStop(output));
  program
    .command('autostart')
    .summary('start the companion when you log in')
    .description('Says whether the companion is started when you log in; turns it on or off.')
    .argument('[on|off]', 'without it, nothing is changed')
    .action((setting: string | undefined) => runAutostart(setting, output));
  program
    .command('uninstall')
    .summary('stop it, and take it off this computer')
    .description(
      'Stops the companion and its start at login. With --data remove, concepts, models, history and logs go too, for good.',
    )
    .addOption(
      new Option('--data <choice>', 'concepts, models, history, logs')
        .choices(['keep', 'remove'])
        .default('keep'),
    )
    .action((flags: UninstallFlags) => runUninstall(flags, output));
}

async function runStop(output: Output): Promise<void> {
  const stopped = await stopRunning(dataFolders());
  output.event({ type: stopped ? 'stopped' : 'not-running' });
  output.answer(
    stopped ? 'The companion has stopped; jobs go on at the next start.' : 'No companion is running.',
  );
}

/** False where none ran. @throws LikenessError `input` where it does not end */
async function stopRunning({ home }: DataFolders): Promise<boolean> {
  const { CompanionRunning, RunningRecord } = await import('../../server/running-companion.ts');
  const record = new RunningRecord(join(home, 'companion.json'));
  try {
    await record.requireNone();
    return false;
  } catch (error) {
    if (!(error instanceof CompanionRunning)) throw error;
    await record.stop(error);
    return true;
  }
}

async function runAutostart(setting: string | undefined, output: Output): Promise<void> {
  if (setting !== undefined && setting !== 'on' && setting !== 'off') {
    throw new LikenessError('input', `"${setting}" is neither on nor off`, {
      advice: `Write \`${PROGRAM} autostart on\`.`,
    });
  }
  const loginStart = new LoginStart(thisInstallation());
  if (loginStart.path === undefined) {
    throw new LikenessError('input', `Likeness cannot be started at login on ${process.platform}`, {
      advice: `Add \`${PROGRAM} start\` to what your system runs at login.`,
    });
  }
  if (setting !== undefined) await loginStart.set(setting === 'on');
  const on = (await loginStart.isOn()) === true;
  output.event({ type: 'autostart', on, path: loginStart.path });
  output.answer(
    on
      ? `The companion starts when you log in, by ${loginStart.path}`
      : 'The companion does not start at login.',
  );
}

async function runUninstall({ data }: UninstallFlags, output: Output): Promise<void> {
  const folders = dataFolders();
  await stopRunning(folders);
  await new LoginStart(thisInstallation()).set(false);
  if (data === 'remove') await removeData(folders);
  output.event({ type: 'uninstalled', data });
  const kept = `What you taught and made is kept in ${folders.home}`;
  output.answer(data === 'remove' ? 'Everything that Likeness had kept is removed.' : kept);
  output.answer(lastStep(thisInstallation()));
}

/** The program cannot delete itself while it runs. */
function lastStep({ kind, folder }: Installation): string {
  if (kind === 'package') return 'Last step: npm uninstall -g likeness';
  return `Last step: delete the folder ${folder}`;
}
