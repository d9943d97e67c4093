/**
 * SolverSettings: what a scheduler_config.json says of the solvers themselves, by diffusers' names. Each is read by the samplers
 * that have such a choice; where a config says nothing, or something that its class would not take, diffusers' default holds.
 */

type Fields = Readonly<Record<string, unknown>>;

/** Settings of the multistep solvers, DPM-Solver++ and UniPC. */
export interface SolverSettings {
  /** `solver_order` */
  readonly order: 1 | 2 | 3;
  /** `solver_type` of DPM-Solver++: how the slope counts at second order. */
  readonly slope: 'midpoint' | 'heun';
  /** `solver_type` of UniPC: B(h) = h, or e^h - 1. */
  readonly unipc: 'bh1' | 'bh2';
  /** `lower_order_final`: the last steps of a short run are of lower order. */
  readonly endsLower: boolean;
  /** `euler_at_final`: the last step is of first order, however long the run is. */
  readonly endsOnEuler: boolean;
  /** `disable_corrector`: steps after which UniPC does not correct its sample. */
  readonly uncorrected: readonly number[];
}

/** Settings of the samplers for consistency models. */
export interface DistillationSettings {
  /** `original_inference_steps`: timesteps that the model was distilled at. */
  readonly steps: number;
  /** `timestep_scaling`: factor of a timestep in the boundary conditions. */
  readonly timestepScaling: number;
}

export const USUAL_SOLVER: SolverSettings = {
  order: 2,
  slope: 'midpoint',
  unipc: 'bh2',
  endsLower: true,
  endsOnEuler: false,
  uncorrected: [],
};

export const USUAL_DISTILLATION: DistillationSettings = { steps: 50, timestepScaling: 10 };

/** The highest order that there are formulas for. */
const HIGHEST_ORDER = 3;

/** @param json of a scheduler in diffusers' layout; what it leaves out is as diffusers has it */
export function solverSettingsOf(json: object): SolverSettings {
  const fields = json as Fields;
  const { solver_order: order, disable_corrector: uncorrected } = fields;
  return {
    order: isCount(order) ? (Math.min(order, HIGHEST_ORDER) as SolverSettings['order']) : USUAL_SOLVER.order,
    slope: fields.solver_type === 'heun' ? 'heun' : 'midpoint',
    unipc: fields.solver_type === 'bh1' ? 'bh1' : 'bh2',
    endsLower: fields.lower_order_final !== false,
    endsOnEuler: fields.euler_at_final === true,
    uncorrected: Array.isArray(uncorrected) ? uncorrected.filter((step) => Number.isInteger(step)) : [],
  };
}

/** Settings of LCMScheduler. @param json as above */
export function distillationSettingsOf(json: object): DistillationSettings {
  const { original_inference_steps: steps, timestep_scaling: scaling } = json as Fields;
  return {
    steps: isCount(steps) ? steps : USUAL_DISTILLATION.steps,
    timestepScaling:
      typeof scaling === 'number' && scaling > 0 ? scaling : USUAL_DISTILLATION.timestepScaling,
  };
}

/** Algorithms of DPM-Solver that samplers here follow. */
const FOLLOWED_ALGORITHMS: readonly unknown[] = ['dpmsolver++', 'sde-dpmsolver++'];

/** Wishes of which no solver here follows any, a sentence each, for people. */
export function unfollowedSolverSettings(json: object): readonly string[] {
  const { algorithm_type: algorithm, solver_order: order, predict_x0: predictsPicture } = json as Fields;
  const sentences: string[] = [];
  const say = (wanted: string, instead: string) =>
    sentences.push(`The model's scheduler wants ${wanted}: ${instead}.`);
  if (typeof algorithm === 'string' && !FOLLOWED_ALGORITHMS.includes(algorithm)) {
    say(`algorithm_type ${JSON.stringify(algorithm.slice(0, 40))}`, 'dpmpp2m is DPM-Solver++');
  }
  if (isCount(order) && order > HIGHEST_ORDER)
    say(`solver_order ${order}`, `${HIGHEST_ORDER} is the highest`);
  if (order === HIGHEST_ORDER && algorithm === 'sde-dpmsolver++') {
    say(`solver_order ${order} with noise`, 'dpmpp2m-sde is of second order');
  }
  if (predictsPicture === false) say('predict_x0 false', 'unipc works on the estimate of the picture');
  return sentences;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1;
}
