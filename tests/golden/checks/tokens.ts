/** Prompts to token ids, by the checkpoint's own tokenizer files. */

import type { Check } from '../check.ts';
import { compare, EXACT, worst } from '../comparison.ts';
import { row } from '../golden-tensors.ts';
import { idsOfToday, readPrompts } from '../prompts.ts';

export const tokens: Check = {
  subject: 'token ids',
  async *run(golden) {
    const { prompts, ids, rows, secondIds } = await readPrompts(golden);
    const { tokenizer } = golden.pipeline;
    const held = (prompt: string, expected: ArrayLike<number>) =>
      compare(JSON.stringify(prompt), tokenizer.encode(prompt).ids, expected, EXACT);
    const encoded = (await golden.tensors('text_encoder.safetensors')).get('input_ids');

    // Older tools mend a text before they cut it: curly quotes, HTML entities, compatibility forms, control characters.
    const today = await idsOfToday(golden);
    const changed = new Set(prompts.filter((prompt, index) => !isSame(ids[index]!, today.get(prompt)!)));
    const kept = [...prompts.keys()].filter((index) => !changed.has(prompts[index]!));
    yield worst(
      'prompts',
      kept.map((index) => held(prompts[index]!, ids[index]!)),
    );
    if (changed.size > 0) {
      const parts = [...changed].map((prompt) => held(prompt, today.get(prompt)!));
      const { note = "the reference's own ids are an older tool's", ...row } = worst(
        "prompts, today's ids",
        parts,
      );
      yield { ...row, note };
    }
    yield worst(
      'rows of the text encoder',
      rows.map((prompt, index) =>
        held(prompt, changed.has(prompt) ? today.get(prompt)! : row(encoded, index)),
      ),
    );
    const second = golden.pipeline.tokenizers[1];
    if (second === undefined || secondIds === undefined) return;
    yield worst(
      'prompts, second tokenizer',
      prompts.map((prompt, index) =>
        compare(JSON.stringify(prompt), second.encode(prompt).ids, secondIds[index]!, EXACT),
      ),
    );
  },
};

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
