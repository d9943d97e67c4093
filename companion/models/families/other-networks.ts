/** OTHER_NETWORKS: networks that are found where base models are and are none, in words, with what to do with each. */

import { PROGRAM } from '../../../shared/errors.ts';
import type { OtherNetwork } from '../../checkpoint/component.ts';

const BASE = 'Use a model of Stable Diffusion 1.x, 2.x or XL for text to image.';
const WHOLE = `${BASE} It comes as a folder with model_index.json, or as one file with all of its parts.`;

/** The first that fits counts: networks of several kinds in one file are told by the rarest names. */
export const OTHER_NETWORKS: readonly OtherNetwork[] = [
  {
    tensors: /\.lora[_.]|_lora\.(?:down|up)\.|\.hada_w|\.lokr_w|\.dora_scale$/,
    what: 'a LoRA, which needs a base model',
    instead: `Use a base model, and this with it: \`${PROGRAM} models add-lora FILE\`, or --lora FILE.`,
  },
  {
    classes: /ControlNet/,
    tensors: /^(?:control_model\.|controlnet_|zero_convs\.)/,
    what: 'a ControlNet: it steers a base model, and is not used here',
    instead: BASE,
  },
  {
    classes: /T2IAdapter|MultiAdapter/,
    tensors: /^adapter\.body\./,
    what: 'a T2I adapter: it steers a base model, and is not used here',
    instead: BASE,
  },
  {
    tensors: /^(?:image_proj|ip_adapter)\./,
    what: 'an IP adapter: it shows a base model a picture, and is not used here',
    instead: BASE,
  },
  {
    classes: /MotionAdapter|MotionModel/,
    tensors: /\bmotion_modules\./,
    what: 'the motion of AnimateDiff: it makes moving pictures of a base model, and is not used here',
    instead: BASE,
  },
  {
    tensors: /^(?:emb_params|string_to_param.*|clip_[lg]|<.+>)$/,
    what: 'a textual inversion: words for a base model, which are not used here',
    instead: BASE,
  },
  {
    classes: /^AutoencoderTiny$/,
    tensors: /^(?:decoder|encoder)\.layers\.\d/,
    what: 'a fast decoder alone (TAESD)',
    instead: 'Use a base model, and put this into its folder as vae_tiny.',
  },
  {
    classes: /^(?:Asymmetric|Consistency)?(?:Autoencoder|Decoder|VQModel)/,
    tensors: /^(?:encoder|decoder)\.conv_(?:in|out)\./,
    what: 'an autoencoder alone',
    instead: WHOLE,
  },
  {
    classes: /^UNet/,
    tensors: /^down_blocks\.0\.resnets\./,
    what: 'a denoiser alone',
    instead:
      'Use a copy of the folder of the model that it was made of (with model_index.json), and put this into its folder unet, in place of the weights there.',
  },
  { classes: /^CLIP/, tensors: /^text_model\.encoder\./, what: 'a text encoder alone', instead: WHOLE },
  {
    classes: /^(?:MT5|T5|UMT5)/,
    tensors: /^encoder\.block\.\d+\.layer\./,
    what: 'a text encoder of other models (T5)',
    instead: BASE,
  },
  {
    tensors: /double_blocks\.\d/,
    what: 'FLUX, or a transformer like it, on flow matching',
    instead: BASE,
  },
  { tensors: /joint_blocks\.\d/, what: 'Stable Diffusion 3', instead: BASE },
  { tensors: /clip_txt_pooled_mapper/, what: 'Stable Cascade', instead: BASE },
  {
    classes: /Transformer[23]D|Transformer$/,
    tensors:
      /^(?:model\.diffusion_model\.)?(?:t_embedder|x_embedder|transformer_blocks|blocks\.\d+\.(?:attn|cross_attn))/,
    what: 'a diffusion transformer (PixArt, HunyuanDiT or the like)',
    instead: BASE,
  },
  {
    classes: /For(?:CausalLM|ConditionalGeneration)$/,
    tensors: /^model\.layers\.\d+\.self_attn\./,
    what: 'a language model',
    instead: BASE,
  },
  {
    tensors: /^(?:conv_first\.|body\.\d+\.rdb\d|model\.1\.sub\.)|\.RDB\d/,
    what: 'a network that enlarges pictures',
    instead: BASE,
  },
];
