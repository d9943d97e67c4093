/** `npm run golden -- DIR`: holds this program to reference data, and ends non-zero when a comparison fails. */

import { Command, Option } from 'commander';
import { DEVICES, type Device } from '../../companion/runtime/device.ts';
import { LikenessError } from '../../shared/errors.ts';
import { outcomes } from './check.ts';
import { CHECKS, HALF_CHECKS } from './checks.ts';
import type { Outcome } from './comparison.ts';
import { GoldenDirectory } from './golden-directory.ts';
import { isFailure, jsonLine, type SubjectOutcomes, summary, table } from './report.ts';

interface Flags {
  readonly json?: true;
  readonly precision: 'fp32' | 'fp16';
  readonly device: Device;
  readonly winograd?: true;
}

const command = new Command('golden')
  .description('Compares every part of the model with reference data, each against its tolerance.')
  .argument('<folder>', 'a folder with pipeline/ and golden/, as shared/golden/README.md describes it')
  .option('--json', 'print one line of JSON a check')
  .addOption(
    new Option('--precision <precision>', 'of the denoiser').choices(['fp32', 'fp16']).default('fp32'),
  )
  .option('--winograd', "every convolution that can in Winograd's form")
  .addOption(new Option('--device <device>', 'what computes').choices(DEVICES).default('cpu'))
  .action(check);

async function check(folder: string, { json, precision, device, winograd }: Flags): Promise<void> {
  const isHalf = precision === 'fp16';
  const golden = await GoldenDirectory.open(folder, {
    device,
    ...(isHalf && { precision: 'float16' }),
    ...(winograd && { winograd: 'always' }),
  });
  const results: SubjectOutcomes[] = [];
  try {
    for (const part of isHalf || device !== 'cpu' ? HALF_CHECKS : CHECKS) {
      const found: Outcome[] = [];
      for await (const outcome of outcomes(part, golden)) {
        found.push(outcome);
        if (json) console.log(jsonLine(part.subject, outcome));
      }
      results.push({ subject: part.subject, outcomes: found });
    }
  } finally {
    await golden.close();
  }
  if (!json) console.log(`${table(results)}\n\n${golden.folder}: ${summary(results)}`);
  if (results.some((result) => result.outcomes.some(isFailure))) process.exitCode = 1;
}

try {
  await command.parseAsync();
} catch (cause) {
  if (!(cause instanceof LikenessError)) throw cause;
  console.error(`golden: ${cause.message}`);
  process.exitCode = 1;
}
