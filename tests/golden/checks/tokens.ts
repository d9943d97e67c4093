/** Prompts to token ids, by the checkpoint's own tokenizer files. */

import type { Check } from '../check.ts';
import { compare, EXACT, worst } from '../comparison.ts';
import { row } from '../golden-tensors.ts';
import { readPrompts } from '../prompts.ts';

/**
 * What the older tools, whose ids the golden data has, change before they cut words, and today's do not: curly
 * quotes, invisible characters, ideographs, dotted capital I, compatibility forms, HTML entities, and control
 * characters other than white space. A prompt that holds one of these has no agreed answer.
 */
const DISPUTED =
  /[\u0130\u200b-\u200d\u2018-\u201f\u3000\p{Script=Han}\ufb00-\ufb06\uff00-\uffef]|(?![\t\n\r])\p{Cc}|&\w+;/u;

export const tokens: Check = {
  subject: 'token ids',
  async *run(golden) {
    const { prompts, ids, rows } = await readPrompts(golden);
    const { tokenizer } = golden.pipeline;
    const agreed = [...prompts.keys()].filter((index) => !DISPUTED.test(prompts[index]!));
    yield worst(
      'prompts',
      agreed.map((index) =>
        compare(JSON.stringify(prompts[index]), tokenizer.encode(prompts[index]!).ids, ids[index]!, EXACT),
      ),
    );
    const disputed = prompts.length - agreed.length;
    if (disputed > 0) {
      yield {
        kind: 'omission',
        check: `${disputed} prompts`,
        reason: "tokenizers of today and the reference's disagree on them",
      };
    }

    const encoded = (await golden.tensors('text_encoder.safetensors')).get('input_ids');
    yield worst(
      'rows of the text encoder',
      rows.flatMap((prompt, index) =>
        DISPUTED.test(prompt)
          ? []
          : [compare(JSON.stringify(prompt), tokenizer.encode(prompt).ids, row(encoded, index), EXACT)],
      ),
    );
  },
};
