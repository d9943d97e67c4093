/** `likeness models pull`: a base model from a hub; the one command that goes to the internet. */

import { type Command, Option } from 'commander';
import prettyBytes from 'pretty-bytes';
import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import { shellCommand } from '../../library/shell-command.ts';
import { SUPPORTED_MODELS } from '../../model-store/catalogue.ts';
import { FULL_SIZE_MODEL } from '../../model-store/catalogue-entries.ts';
import { DEFAULT_ENDPOINT } from '../../model-store/hub/address.ts';
import { type PullFlags, resolvePull } from '../../model-store/pull/pull-request.ts';
import { dataFolders } from '../../storage/folders.ts';
import * as values from '../options.ts';
import { OutputFolder } from '../output-folder.ts';
import { Interruption } from '../terminal/interruption.ts';
import type { Output } from '../terminal/output.ts';
import { PullReport } from '../terminal/pull-report.ts';
import { runAvailable } from './model-catalogue.ts';

const HELP = `
Asks ${DEFAULT_ENDPOINT}, or the hub that --endpoint or HF_ENDPOINT names,
and the storage that it redirects to. No other command goes to the internet.
The token of HF_TOKEN or of \`hf auth login\`, where a model wants one, is sent
to the hub alone. HTTPS_PROXY and NO_PROXY are followed. Files that the cache of
Hugging Face's programs has (HF_HUB_CACHE, HF_HOME) are copied from there; with
HF_HUB_OFFLINE=1 nobody is asked, and they have to be there.

Ctrl-C keeps what was fetched; the same command goes on from there. A model that
is here already is repaired: only files that differ or are missing are fetched.

Examples:
  ${PROGRAM} models pull
  ${PROGRAM} models pull ${FULL_SIZE_MODEL}
  ${PROGRAM} models pull owner/name --name mine --precision fp32`;

export function registerModelPull(models: Command, output: Output): void {
  models
    .command('pull')
    .summary('fetch a model from a hub, or repair one')
    .description(
      `Fetches a ${SUPPORTED_MODELS} model in diffusers layout, or an accelerator; without MODEL, says what there is.`,
    )
    .argument('[model]', 'owner/name on the hub, a short name, or one that was pulled before')
    .option(
      '--revision <name>',
      'branch, tag or commit (default: "main"; of a model that is here, its own)',
      values.hubRevision,
    )
    .option('--name <name>', "what it is called here (default: the hub's name)", values.modelName)
    .option('--endpoint <url>', `the hub (default: HF_ENDPOINT, or ${DEFAULT_ENDPOINT})`)
    .addOption(
      new Option(
        '--precision <precision>',
        'of the weights (default: "fp16", half the bytes of "fp32")',
      ).choices(['fp16', 'fp32']),
    )
    .option('--fast-decoder', 'with the small decoder that previews are made with (default)')
    .option('--no-fast-decoder', 'without it')
    .addHelpText('after', HELP)
    .action((model: string | undefined, flags: PullFlags) =>
      model === undefined ? runAvailable(output) : runPull(model, flags, output),
    );
}

async function runPull(wanted: string, flags: PullFlags, output: Output): Promise<void> {
  const { models, cache } = dataFolders();
  const pull = await resolvePull(wanted, flags, models);
  const { endpoint, isOffline, cacheFolder } = pull.hub;
  output.say(
    isOffline
      ? `HF_HUB_OFFLINE is set: looking in ${cacheFolder} alone.`
      : `Asking ${endpoint.host}. No other command of Likeness goes to the internet.`,
  );
  if (pull.isHere) output.say(`${pull.name} is here already: looking for what differs or is missing ...`);
  const folder = await OutputFolder.claim(models);
  const report = new PullReport(output);
  const interruption = new Interruption(output, () => report.showStopping());
  try {
    // Loaded here, since graphs and onnxruntime would make `--help` wait.
    const { pullModel } = await import('../../model-store/pull/pull.ts');
    const { signal } = interruption;
    for await (const event of pullModel({ ...pull, models, cacheFolder: cache, signal })) {
      output.event(event);
      report.show(event);
    }
  } catch (error) {
    if (error instanceof LikenessError && error.code === 'cancelled') throw stopped(report, error);
    throw error;
  } finally {
    report.close();
    interruption.dispose();
    await folder.abandon();
  }
}

function stopped({ transferred }: PullReport, cause: LikenessError): LikenessError {
  const { bytes, totalBytes } = transferred;
  const how =
    totalBytes === 0
      ? 'stopped before any weights were fetched'
      : `stopped after ${prettyBytes(bytes)} of ${prettyBytes(totalBytes)}, which are kept`;
  return new LikenessError('cancelled', how, {
    advice: `To go on, run the same command again: ${shellCommand(process.argv.slice(2))}`,
    cause,
  });
}
