/** All checks, in the order of the work: what comes later stands on what comes earlier. */

import type { Check } from './check.ts';
import { crossAttention, selfAttention } from './checks/attention-probabilities.ts';
import { conditioning } from './checks/conditioning.ts';
import { gelu } from './checks/gelu.ts';
import { doubleGradients, gradients } from './checks/gradients.ts';
import { halfPrecision } from './checks/half-precision.ts';
import { linearProjections } from './checks/linear-projections.ts';
import { localization } from './checks/localization.ts';
import { loraFiles } from './checks/lora-files.ts';
import { noisePrediction } from './checks/noise-prediction.ts';
import { noiseSchedule } from './checks/noise-schedule.ts';
import { optimizerSteps } from './checks/optimizer-steps.ts';
import { promptToPicture } from './checks/prompt-to-picture.ts';
import { residualTaps } from './checks/residual-taps.ts';
import { singleFile } from './checks/single-file.ts';
import { styles } from './checks/styles.ts';
import { textEncoder } from './checks/text-encoder.ts';
import { tinyVae } from './checks/tiny-vae.ts';
import { tokens } from './checks/tokens.ts';
import { keptParts, samplerSteps, toldOtherwise, trajectories } from './checks/trajectories.ts';
import { unetActivations } from './checks/unet-activations.ts';
import { vae } from './checks/vae.ts';

export const CHECKS: readonly Check[] = [
  tokens,
  gelu,
  textEncoder,
  conditioning,
  noisePrediction,
  unetActivations,
  selfAttention,
  crossAttention,
  halfPrecision,
  linearProjections,
  vae,
  tinyVae,
  noiseSchedule,
  samplerSteps,
  toldOtherwise,
  trajectories,
  keptParts,
  promptToPicture,
  gradients,
  doubleGradients,
  residualTaps,
  optimizerSteps,
  localization,
  loraFiles,
  styles,
  singleFile,
];

/** Checks of what is computed in another precision or on another device: the denoiser's graphs, and the codec. */
export const HALF_CHECKS: readonly Check[] = [
  noisePrediction,
  halfPrecision,
  vae,
  trajectories,
  gradients,
  doubleGradients,
  optimizerSteps,
];
