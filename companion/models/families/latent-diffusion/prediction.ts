/** Prediction of a model in one file: noise, unless the file says that it is a velocity, in one of the ways that files do. */

import { LikenessError } from '../../../../shared/errors.ts';
import type { ComponentConfig } from '../../../checkpoint/component.ts';
import type { SafetensorsFile } from '../../../tensor/safetensors-file.ts';

/** As scheduler_config.json of the published folders. */
const SCHEDULER: ComponentConfig = {
  _class_name: 'PNDMScheduler',
  num_train_timesteps: 1000,
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  beta_end: 0.012,
  steps_offset: 1,
  set_alpha_to_one: false,
  clip_sample: false,
};

/** Arrays of no use but their name, which ComfyUI and web interfaces look for: a velocity, and a schedule that ends in noise. */
const VELOCITY_KEY = 'v_pred';
const ZERO_SNR_KEY = 'ztsnr';

/** The same of models on another noise process, Karras et al. 2022's. */
const OTHER_PROCESS = /^edm_(mean|std|vpred\.sigma_(max|min))$/;

/** ModelSpec's field and trainers' own. */
const PREDICTION_FIELDS = ['modelspec.prediction_type', 'prediction_type'] as const;
const VELOCITY_FLAGS = ['ss_v_parameterization', 'v_parameterization', 'v_pred', 'ss_v_pred'] as const;
const ZERO_SNR_FLAGS = ['ss_zero_terminal_snr', 'zero_terminal_snr', 'ztsnr', 'modelspec.ztsnr'] as const;
const ARCHITECTURE_FIELD = 'modelspec.architecture';

const VELOCITY = /^v([_ -]?(pred|prediction|parameterization)|elocity)?$/i;
const NOISE = /^(eps|epsilon|noise)$/i;
const YES = /^(true|1|yes)$/i;

/** The line of a latent-diffusion configuration that says so: the file of the same name, ending in .yaml. */
const PARAMETERIZATION = /^\s*parameterization:\s*["']?(\w+)["']?\s*(?:#.*)?$/m;

/**
 * The scheduler's config that the file asks for.
 *
 * @param beside text of the configuration that lies beside the file; undefined where there is none
 * @throws LikenessError `checkpoint-unsupported` for a prediction that is neither
 */
export function schedulerConfigOf(file: SafetensorsFile, beside: string | undefined): ComponentConfig {
  const { path, tensors, metadata } = file;
  const edm = [...tensors.keys()].find((name) => OTHER_PROCESS.test(name));
  if (edm !== undefined) throw unsupported(path, `its key ${edm}`, 'a model on the EDM noise process');
  const isSet = (flags: readonly string[]) => flags.some((flag) => YES.test(metadata[flag] ?? ''));
  const endsInNoise = tensors.has(ZERO_SNR_KEY) || isSet(ZERO_SNR_FLAGS);
  // Only a velocity says something of a picture in pure noise.
  const isVelocity =
    endsInNoise ||
    tensors.has(VELOCITY_KEY) ||
    isSet(VELOCITY_FLAGS) ||
    /-v(\/|$)/.test(metadata[ARCHITECTURE_FIELD] ?? '') ||
    saidPredictions(file, beside).includes('v');
  return {
    ...SCHEDULER,
    prediction_type: isVelocity ? 'v_prediction' : 'epsilon',
    ...(endsInNoise && { rescale_betas_zero_snr: true }),
  };
}

/** Each place that names a prediction, read. */
function saidPredictions({ path, metadata }: SafetensorsFile, beside: string | undefined) {
  const named = PREDICTION_FIELDS.map((field) => [`${field} in its header`, metadata[field]] as const);
  const configured = beside === undefined ? undefined : PARAMETERIZATION.exec(beside)?.[1];
  return [...named, ['parameterization in the .yaml beside it', configured] as const].flatMap(
    ([place, value]) => {
      if (value === undefined || value === '') return [];
      if (VELOCITY.test(value)) return ['v'];
      if (NOISE.test(value)) return ['epsilon'];
      throw unsupported(path, place, JSON.stringify(value.slice(0, 80)));
    },
  );
}

function unsupported(path: string, place: string, got: string): LikenessError {
  return new LikenessError(
    'checkpoint-unsupported',
    `${path} predicts what is not supported: ${place} says ${got}, expected epsilon or v_prediction`,
    { advice: 'Use a model that predicts noise (epsilon) or v.' },
  );
}
