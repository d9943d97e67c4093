import { existsSync, readFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConcept } from '../../companion/concepts/concept-file.ts';
import { FileLibrary } from '../../companion/library/file-library.ts';

import { openSafetensors, readFloat32 } from '../../companion/tensor/safetensors-file.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

const CASES = resolve('../shared/cases');
const THERE = existsSync(join(CASES, 'cases.json'));

interface LoraCase {
  readonly id: string;
  readonly kind: string;
  readonly file: string;
  readonly must: {
    readonly scale?: number;
    readonly factors?: readonly { readonly block: string; readonly down: string; readonly up: string }[];
    readonly refused?: { readonly codes: readonly string[]; readonly says: readonly string[] };
  };
}

const cases: readonly LoraCase[] = THERE ? JSON.parse(readFileSync(join(CASES, 'cases.json'), 'utf8')) : [];

/** Half precision, in which concepts are kept, rounds both factors. */
const HALF_ROUNDING = 2 ** -10;

describe.skipIf(!THERE)(`LoRA files of public reports (${THERE ? 'there' : 'no ../shared/cases'})`, () => {
  it.each(cases.filter(({ kind }) => kind === 'lora').map((one) => [one.id, one] as const))(
    '%s',
    async (_id, { file, must }) => {
      const library = new FileLibrary(await scratchFolder());
      const lora = { name: 'case', classWord: 'bottle', identifier: 'sks' };
      // Under a name that says nothing, so that a message cannot be right by repeating it.
      const given = join(await scratchFolder(), 'given.safetensors');
      await copyFile(join(CASES, file), given);
      const importing = library.import(given, { lora });
      if (must.refused !== undefined) {
        const error = await importing.catch((cause: unknown) => cause);
        const { code, message, advice } = error as { code: string; message: string; advice?: string };
        expect(must.refused.codes).toContain(code);
        for (const word of must.refused.says) expect(`${message} ${advice}`).toMatch(new RegExp(word, 'iu'));
        return;
      }
      const target = join(await scratchFolder(), 'exported.safetensors');
      await library.export((await importing).id, target);
      const { factors } = await readConcept(target);
      const { tensors } = await openSafetensors(given);
      const wanted = must.factors!;
      expect([...factors.keys()].sort()).toEqual(wanted.map(({ block }) => block).sort());
      for (const { block, down, up } of wanted) {
        const got = factors.get(block)!;
        expect(got.scale).toBeCloseTo(must.scale!);
        for (const [values, name] of [
          [got.down, down],
          [got.up, up],
        ] as const) {
          const { data } = await readFloat32(tensors.get(name)!);
          const most = data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
          const apart = values.reduce((far, value, i) => Math.max(far, Math.abs(value - data[i]!)), 0);
          expect(apart).toBeLessThanOrEqual(most * HALF_ROUNDING);
        }
      }
    },
  );
});
