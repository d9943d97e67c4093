/** OTHER_MODELS: kinds of models that there are no graphs for, by the class of their pipelines in diffusers, in words. */

import type { RefusedKind } from '../../checkpoint/component.ts';

const of = (pipelines: RegExp, what: string, instead?: string): RefusedKind => ({
  pipelines,
  what,
  ...(instead !== undefined && { instead }),
});

/** The first that fits counts: particular names come before those that they begin with. */
export const OTHER_MODELS: readonly RefusedKind[] = [
  of(
    /Inpaint/,
    'an inpainting model: it takes a picture and a mask as well',
    'Use the model for text to image that it was made from.',
  ),
  of(/^StableDiffusion(XL)?InstructPix2Pix/, 'a model that edits pictures by instructions'),
  of(/^StableDiffusionDepth2Img/, 'a model that takes a depth map as well'),
  of(/^StableDiffusion(Latent)?Upscale/, 'a model that enlarges pictures'),
  of(/^StableDiffusionImageVariation|^VersatileDiffusion/, 'a model of pictures alike another, without text'),
  of(/^StableUnCLIP/, 'Stable unCLIP: it is told a picture by its embedding'),
  of(/^StableDiffusionGLIGEN/, 'GLIGEN: it takes boxes as well'),
  of(
    /^StableDiffusionXLImg2Img/,
    'the refiner of SDXL, or a model for image to image',
    'Use the base model, stable-diffusion-xl-base-1.0.',
  ),
  of(/^StableDiffusion3/, 'Stable Diffusion 3: a transformer with a T5 text encoder, on flow matching'),
  of(
    /ControlNet|T2IAdapter|^StableDiffusion(XL)?Adapter/,
    'a pipeline with a second network (ControlNet or adapter)',
    'Use the base model in it.',
  ),
  of(
    /^AnimateDiff|^TextToVideo|^VideoToVideo|^StableVideo|^I2VGen|Video|^Mochi|^Wan|^LTX|^Allegro/,
    'a model of moving pictures',
  ),
  of(/^Flux/, 'FLUX: a transformer with a T5 text encoder, on flow matching'),
  of(
    /^Chroma|^AuraFlow|^Lumina|^Sana|^Bria|^HiDream|^OmniGen|^QwenImage|^ZImage|^CogView|^Ovis|^LongCat/,
    'a transformer with a language model for its text, on flow matching',
  ),
  of(/^PixArt/, 'PixArt: a transformer with a T5 text encoder'),
  of(/^HunyuanDiT/, 'HunyuanDiT: a transformer with a bilingual text encoder'),
  of(/^DiT/, 'a transformer that is told a class and no text'),
  of(/^Kandinsky/, 'Kandinsky: it is told text by an embedding of pictures'),
  of(/^IF/, 'DeepFloyd IF: it works on pixels, with a T5 text encoder'),
  of(/^StableCascade|^Wuerstchen/, 'Stable Cascade or Würstchen: three networks in turn'),
  of(
    /^Kolors/,
    'Kolors: the network of SDXL with ChatGLM as its text encoder',
    'Use a model of Stable Diffusion XL.',
  ),
  of(
    /^AltDiffusion/,
    'AltDiffusion: its text encoder is XLM-R, for several languages',
    'Use a model of Stable Diffusion 1.x.',
  ),
  of(/^UnCLIP/, 'Karlo: it is told text by an embedding of pictures'),
  of(/^LDM|^LatentDiffusion/, 'Latent Diffusion, from before Stable Diffusion'),
  of(/^Amused|^VQDiffusion/, 'a model of tokens of pictures'),
  of(/^UniDiffuser/, 'UniDiffuser: text and pictures in one network'),
  of(/^Shap|^Audio|^MusicLDM|^StableAudio|^Dance/, 'a model of something else than pictures'),
  of(/^(DDPM|DDIM|PNDM|ScoreSdeVe|KarrasVe|ConsistencyModel|RePaint)Pipeline/, 'a model that takes no text'),
  of(
    /^Flax|^Onnx|^ORT|^OV[A-Z]|^TF[A-Z]/,
    'a model in the form of another program',
    'Use its form for PyTorch, in .safetensors files.',
  ),
];
