/**
 * The engine, as jobs need it: the engine process, or its functions themselves. A request's signal cancels softly;
 * force, when that takes too long, is the engine's own business.
 */

import type { GenerateEvent, TeachEvent } from '../../engine/events.ts';
import type { GenerateRequest, TeachRequest } from '../../engine/requests.ts';
import type { EngineOptions } from '../../pipeline/loaded-model.ts';

export interface Engine {
  teach(request: TeachRequest): AsyncGenerator<TeachEvent, void>;
  generate(request: GenerateRequest): AsyncGenerator<GenerateEvent, void>;
}

/** What all requests of a companion have in common. */
export type EngineSetup = Omit<EngineOptions, 'signal'>;
