/** The command line of the evaluation: one npm script a command. */

import type { CommandLine } from '../../companion/cli/program.ts';
import { registerDemo } from './demo.ts';
import { registerEvaluate } from './evaluate.ts';
import { registerPlacing } from './placing.ts';
import { registerStudy } from './study.ts';
import { registerUpscaling } from './upscaling.ts';

export const EVALUATION: CommandLine = {
  name: 'npm run',
  description: 'Teaches and places products with the embedded model, and measures what comes of it.',
  examples: `
Examples:
  npm run demo
  npm run evaluate -- --quick
  npm run placing
  npm run upscaling
  npm run study -- --only mask`,
  registrations: [registerDemo, registerEvaluate, registerPlacing, registerUpscaling, registerStudy],
};
