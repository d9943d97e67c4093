/**
 * Graph: a static dataflow graph under construction. Operators are appended in execution order, each with its shapes
 * inferred at once, so a mistake is reported at the line of the model that makes it.
 *
 * Operators are ONNX operators, plus a few composites of our own domain that `lowerGraph` replaces by ONNX operators
 * before the graph is written.
 */
import { type DType, elementCount, float32, type Shape, type Tensor } from '../tensor/tensor.ts';
import { cast } from './cast.ts';
import type { OpDefinition } from './op.ts';
import { halfTensor, isFloat, type Precision } from './precision.ts';
import type { Attributes, Node, Parameter, Value, ValueType } from './value.ts';

/** Constants travel inside the model's bytes; anything larger belongs in a checkpoint, as a parameter. */
const MAX_CONSTANT_ELEMENTS = 1 << 22;

/** One graph; its maps are read by whoever walks, lowers or writes it. */
export class Graph {
  readonly name: string;
  readonly precision: Precision;
  readonly #nodes: Node[] = [];
  readonly #inputs = new Map<string, Value>();
  readonly #parameters = new Map<string, Parameter>();
  readonly #outputs = new Map<string, Value>();
  readonly #constants = new Map<Value, Tensor>();
  readonly #constantByContent = new Map<string, Value>();
  /** Floats in the other float type, by those that they are made of. */
  readonly #casts = new Map<Value, Value>();
  #valueCount = 0;

  constructor(name: string, precision: Precision = 'float32') {
    this.name = name;
    this.precision = precision;
  }

  /** In execution order: a node comes after the nodes that make its inputs. */
  get nodes(): readonly Node[] {
    return this.#nodes;
  }
  get inputs(): ReadonlyMap<string, Value> {
    return this.#inputs;
  }
  get outputs(): ReadonlyMap<string, Value> {
    return this.#outputs;
  }
  /** By checkpoint name. */
  get parameters(): ReadonlyMap<string, Parameter> {
    return this.#parameters;
  }
  get constants(): ReadonlyMap<Value, Tensor> {
    return this.#constants;
  }

  /** An array that every run is fed. */
  input(name: string, shape: Shape, dtype: DType = 'float32'): Value {
    if (this.#inputs.has(name) || this.#parameters.has(name)) {
      throw new Error(`internal: ${this.name}: two inputs or parameters are called ${name}`);
    }
    const value = this.#value(dtype, shape, name);
    this.#inputs.set(name, value);
    return value;
  }

  /**
   * A weight of the checkpoint, by its checkpoint name; asked for again, the same value.
   * @param dtype default: that of the graph's precision
   */
  parameter(name: string, shape: Shape, dtype: Parameter['dtype'] = this.precision): Parameter {
    const known = this.#parameters.get(name);
    if (known !== undefined) {
      if (known.shape.join() !== shape.join() || known.dtype !== dtype) {
        const said = ({ dtype, shape }: ValueType) => `${dtype} [${shape}]`;
        throw new Error(
          `internal: parameter ${name} is used as ${said({ dtype, shape })} and as ${said(known)}`,
        );
      }
      return known;
    }
    if (this.#inputs.has(name)) throw new Error(`internal: ${name} is an input and a parameter`);
    const value = this.#value(dtype, shape, name);
    this.#parameters.set(name, value);
    return value;
  }

  /** A small array that is part of the graph. Equal constants are one value. */
  constant(tensor: Tensor): Value {
    const count = elementCount(tensor.shape);
    if (count !== tensor.data.length) {
      throw new Error(`internal: constant of ${tensor.data.length} values has shape [${tensor.shape}]`);
    }
    if (count > MAX_CONSTANT_ELEMENTS) {
      throw new Error(`internal: constant of ${count} values, the most is ${MAX_CONSTANT_ELEMENTS}`);
    }
    const { buffer, byteOffset, byteLength } = tensor.data;
    const content = Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
    const key = `${tensor.dtype}[${tensor.shape}]${content}`;
    const known = this.#constantByContent.get(key);
    if (known !== undefined) return known;
    const value = this.#value(tensor.dtype, tensor.shape);
    this.#constants.set(value, tensor);
    this.#constantByContent.set(key, value);
    return value;
  }

  /** A float32 constant without axes. */
  scalar(v: number): Value {
    return this.constant(float32([v], []));
  }

  /** Makes `value` something that a run gives back under `name`, in float32 where the graph casts. */
  output(name: string, value: Value): void {
    if (value.graph !== this) throw new Error(`internal: output ${name} belongs to another graph`);
    if (this.#outputs.has(name)) throw new Error(`internal: ${this.name}: two outputs are called ${name}`);
    this.#outputs.set(name, this.precision === 'float16' ? this.#as(value, 'float32') : value);
  }

  /**
   * Appends one operator and returns all its outputs; the functions in ops/ are the readable way to call it.
   * Throws when an operand is of another graph, or when shapes or types do not fit the operator.
   */
  apply(op: OpDefinition, given: readonly (Value | undefined)[], attributes: Attributes = {}): Value[] {
    const inputs = this.precision === 'float16' ? this.#inPrecision(op, given) : given;
    for (const input of inputs) {
      if (input !== undefined && input.graph !== this) {
        throw new Error(`internal: ${op.name}: value ${input.name ?? input.id} belongs to another graph`);
      }
    }
    const types = op.infer({ op, inputs, attributes });
    const outputs: Value[] = [];
    const node: Node = { op, inputs, outputs, attributes };
    for (const type of types) {
      outputs.push({ id: this.#valueCount++, graph: this, ...type, producer: node });
    }
    this.#nodes.push(node);
    return outputs;
  }

  #inPrecision(op: OpDefinition, inputs: readonly (Value | undefined)[]): readonly (Value | undefined)[] {
    const type = this.#operandType(op, inputs);
    return type === undefined ? inputs : inputs.map((input) => input && this.#as(input, type));
  }

  /** The type that each float operand must have, undefined where they are taken as they come. */
  #operandType(
    { precision = 'widest' }: OpDefinition,
    inputs: readonly (Value | undefined)[],
  ): Precision | undefined {
    if (precision === 'half') return 'float16';
    if (precision === 'full') return 'float32';
    if (precision === 'own') return undefined;
    const varies = (input: Value | undefined) =>
      input !== undefined && isFloat(input.dtype) && !this.#constants.has(input);
    const varying = inputs.filter(varies);
    if (varying.length === 0) return undefined;
    return varying.every((input) => input!.dtype === 'float16') ? 'float16' : 'float32';
  }

  /** A float in another type; made once, and a constant by itself. */
  #as(value: Value, type: Precision): Value {
    if (!isFloat(value.dtype) || value.dtype === type) return value;
    const known = this.#casts.get(value);
    if (known !== undefined) return known;
    const constant = this.#constants.has(value) && type === 'float16';
    const made = constant
      ? this.constant(halfTensor(this.#constants.get(value) as Tensor<'float32'>))
      : cast(value, type);
    this.#casts.set(value, made);
    return made;
  }

  #value<D extends DType>(dtype: D, shape: Shape, name?: string): Value & { readonly dtype: D } {
    if (shape.some((size) => !Number.isSafeInteger(size) || size < 0)) {
      throw new Error(`internal: [${shape}] is not a shape${name === undefined ? '' : ` (${name})`}`);
    }
    const value = { id: this.#valueCount++, graph: this, dtype, shape: [...shape], producer: undefined };
    return name === undefined ? value : { ...value, name };
  }
}

/** A graph and the key of its session, both made from one shape, so that no key forgets an option. */
export interface GraphSpec {
  /** Equal for equal graphs of one model. */
  readonly key: string;
  build(): Graph;
}

/**
 * @param kind names the graph, such as `sampling`
 * @param shape everything that decides the graph, as JSON: `build` gets it back from the key and sees nothing else
 */
export function graphSpec<Shape>(kind: string, shape: Shape, build: (shape: Shape) => Graph): GraphSpec {
  const json = JSON.stringify(shape, inOrder);
  return { key: `${kind} ${json}`, build: () => build(JSON.parse(json) as Shape) };
}

/** An object's fields by name: a shape has one key, in whatever order it was written. */
function inOrder(_field: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
