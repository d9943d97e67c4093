/** Engine events as lines of JSON: pictures stand as their files, masks without their values. */

import type { GenerateEvent } from '../../engine/events.ts';
import type { JsonEvent } from '../terminal/output.ts';

/** A preview of 64 KB a step would bury everything else, so it is left out. */
export function jsonEvent(event: GenerateEvent): JsonEvent {
  if (event.type === 'step') {
    const { preview: _, ...told } = event;
    return told;
  }
  if (event.type === 'picture') {
    const { image, masks, ...told } = event;
    const { width, height } = image;
    return { ...told, width, height, masks: masks.map(({ values: _, ...mask }) => mask) };
  }
  return event;
}
