/** Every scene of the panel, in the order of its tabs. */

import { CATALOGUE_SCENES } from './catalogue.ts';
import { COMPUTER_SCENES } from './computer.ts';
import { CONNECTION_SCENES } from './connection.ts';
import { GENERATE_SCENES } from './generate.ts';
import { HISTORY_SCENES } from './history.ts';
import { LIBRARY_SCENES } from './library.ts';
import { MODELS_SCENES } from './models.ts';
import type { Scene } from './scene.ts';
import { TEACH_FORM_SCENES } from './teach-form.ts';
import { TEACHING_SCENES } from './teaching.ts';

export const SCENES: readonly Scene[] = [
  ...CONNECTION_SCENES,
  ...TEACH_FORM_SCENES,
  ...TEACHING_SCENES,
  ...GENERATE_SCENES,
  ...CATALOGUE_SCENES,
  ...LIBRARY_SCENES,
  ...HISTORY_SCENES,
  ...MODELS_SCENES,
  ...COMPUTER_SCENES,
];
