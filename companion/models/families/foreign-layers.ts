/** FOREIGN_LAYERS: kinds of models that there are no graphs for, by names of layers that none of ours has. */

export const FOREIGN_LAYERS: readonly (readonly [name: RegExp, kind: string])[] = [
  [/(?:^|[._])(?:double|single)_blocks[._]\d|single_transformer_blocks/, 'Flux'],
  [
    /joint_blocks[._]\d|(?:^|[._])transformer[._]transformer_blocks/,
    'Stable Diffusion 3 or another transformer',
  ],
  [/(?:^|[._])blocks[._]\d+[._](?:self|cross)_attn/, 'a video model'],
];
