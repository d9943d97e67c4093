/**
 * Names that parameters had before: Stable Diffusion's published autoencoders were saved by diffusers before 0.17, whose
 * attention had names of its own. diffusers renames them when it loads (`_convert_deprecated_attention_blocks`).
 */

const OLD_ATTENTION = /^(.*\bmid_block\.attentions\.\d+)\.(query|key|value|proj_attn)\.(weight|bias)$/;

const CURRENT: Readonly<Record<string, string>> = {
  query: 'to_q',
  key: 'to_k',
  value: 'to_v',
  proj_attn: 'to_out.0',
};

/** `encoder.mid_block.attentions.0.query.weight` -> `encoder.mid_block.attentions.0.to_q.weight`; others stay. */
export function currentAttentionName(name: string): string {
  return name.replace(
    OLD_ATTENTION,
    (_, block: string, part: string, kind: string) => `${block}.${CURRENT[part]}.${kind}`,
  );
}
