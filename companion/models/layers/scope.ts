/** Parameters by path, as diffusers names them: `scope.at('down_blocks', 0).parameter('weight', shape)`. */

import type { Graph } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Shape } from '../../tensor/tensor.ts';

/** Called with every module's output; golden checks compare them one by one. */
export type ModuleHook = (path: string, value: Value) => void;

export class Scope {
  readonly graph: Graph;
  /** Name of the component; it prefixes its parameters' names, so that one graph can hold several components. */
  readonly component: string;
  /** Path inside the component, as in the checkpoint: `down_blocks.0.attentions.1`. */
  readonly path: string;
  readonly #tap: ModuleHook | undefined;

  constructor(graph: Graph, component: string, path = '', tap?: ModuleHook) {
    this.graph = graph;
    this.component = component;
    this.path = path;
    this.#tap = tap;
  }

  at(...parts: readonly (string | number)[]): Scope {
    const path = [...(this.path === '' ? [] : [this.path]), ...parts].join('.');
    return new Scope(this.graph, this.component, path, this.#tap);
  }

  parameter(name: string, shape: Shape): Value {
    return this.graph.parameter(this.parameterName(name), shape);
  }

  parameterName(name: string): string {
    return `${this.component}/${this.path === '' ? name : `${this.path}.${name}`}`;
  }

  /** Reports this module's output to the tap, and returns it. */
  tap(value: Value): Value {
    this.#tap?.(this.path, value);
    return value;
  }
}

/** The name that a parameter of a graph has in its component's checkpoint. */
export function splitParameterName(name: string): { component: string; name: string } {
  const slash = name.indexOf('/');
  return { component: name.slice(0, slash) as string, name: name.slice(slash + 1) };
}
