import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { Output } from '../../companion/cli/terminal/output.ts';
import { followWork } from '../../evaluation/cli/command.ts';

type Step = { readonly type: 'step'; readonly of: string; readonly done: number };

async function* work(
  fails = false,
): AsyncGenerator<
  Step | { readonly type: 'plan'; readonly teachings: number; readonly pictures: number },
  string
> {
  yield { type: 'plan', teachings: 1, pictures: 4 };
  for (const of of ['first', 'second']) for (const done of [1, 2]) yield { type: 'step', of, done };
  if (fails) throw new Error('the disk is full');
  return 'the result';
}

function terminalless(json: boolean) {
  const [stdout, stderr] = [new PassThrough({ encoding: 'utf8' }), new PassThrough({ encoding: 'utf8' })];
  return { output: new Output({ stdout, stderr }, json, {}), stdout, stderr };
}

const follow = (output: Output, fails = false) =>
  followWork<Step, string>(work(fails), output, ({ of, done }) => ({
    name: of,
    done,
    total: 2,
    secondsLeft: 4 - done,
  }));

it('says what is to do, how far each phase is, and gives the result', async () => {
  const { output, stderr } = terminalless(false);
  expect(await follow(output)).toBe('the result');
  const said = (stderr.read() as string).trim().split('\n');
  expect(said[0]).toBe('To do: 1 teaching, 4 pictures.');
  expect(said.slice(1).map((line) => line.replace(/\s+/g, ' '))).toEqual([
    'first 50 % 1/2 · 3.0 s left',
    'first 100 % 2/2 · 2.0 s left',
    'second 50 % 1/2 · 3.0 s left',
    'second 100 % 2/2 · 2.0 s left',
  ]);
});

it('gives every event to who reads JSON', async () => {
  const { output, stdout } = terminalless(true);
  await follow(output);
  const events = (stdout.read() as string).trim().split('\n');
  expect(events.map((line) => (JSON.parse(line) as Step).type)).toEqual(['plan', ...Array(4).fill('step')]);
});

it('passes on what went wrong', async () => {
  await expect(follow(terminalless(false).output, true)).rejects.toThrow('the disk is full');
});
