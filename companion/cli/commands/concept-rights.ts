/** `likeness concepts rights`: rights of a concept, as the owner of this computer sets them. */

import { type Command, InvalidArgumentError } from 'commander';
import { PROGRAM } from '../../../shared/errors.ts';
import type { Rights } from '../../../shared/protocol/concept.ts';
import { FileLibrary } from '../../library/file-library.ts';
import { findStored } from '../../library/find-concept.ts';
import { dataFolders } from '../../storage/folders.ts';
import * as values from '../options.ts';
import { formatFacts } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';

/** Takes the last day of use away. */
const NEVER = 'never';

type RightsFlags = Readonly<Partial<Record<keyof Rights, string>>>;

const EXAMPLES = `
Examples:
  ${PROGRAM} concepts rights aurora
  ${PROGRAM} concepts rights aurora --expires 2027-12-31
  ${PROGRAM} concepts rights aurora --owner Acme --note "" --expires ${NEVER}`;

export function registerConceptRights(concepts: Command, output: Output): void {
  concepts
    .command('rights')
    .description('shows the rights of a concept, or changes them in all its versions')
    .argument('<concept>', 'name')
    .option('--owner <name>', 'who owns the product; "" for nobody named', values.rightsText)
    .option('--licence <text>', 'the uses that are allowed; "" for none named', values.rightsText)
    .option('--note <text>', 'anything else; "" for nothing', values.rightsText)
    .option('--expires <date>', `the last day of use, YYYY-MM-DD, or ${NEVER}`, lastDay)
    .addHelpText('after', EXAMPLES)
    .action((wanted: string, flags: RightsFlags) => runRights(wanted, flags, output));
}

/** @throws InvalidArgumentError for what is neither a date nor `never` */
function lastDay(text: string): string {
  if (text === NEVER) return '';
  try {
    return values.rightsDate(text) ?? '';
  } catch {
    throw new InvalidArgumentError(`Expected a date such as 2027-12-31, or ${NEVER}.`);
  }
}

async function runRights(
  wanted: string,
  { owner, licence, note, expires }: RightsFlags,
  output: Output,
): Promise<void> {
  const library = new FileLibrary(dataFolders().concepts);
  const found = await findStored(wanted, library);
  const set = values.definedOptions<Rights>({ owner, licence, note, expires });
  const isChange = Object.keys(set).length > 0;
  const rights = Object.fromEntries(
    Object.entries({ ...found.current.rights, ...set }).filter(([, text]) => text !== ''),
  ) as Rights;
  const { id, name } = found;
  if (isChange) await library.edit(id, { rights }, 'owner');
  output.event({ type: 'rights', id, name, rights, changed: isChange });
  const facts = Object.entries(rights).map(([field, text]) => [field, text] as const);
  const { green, bold } = output.colours;
  if (isChange) output.say(`${green('✓')} Rights of ${bold(`@${name}`)} in all its versions`);
  if (facts.length === 0) output.say(`Nothing is said of the rights of @${name}.`);
  else output.answer(formatFacts(facts, output.answerColours));
}
