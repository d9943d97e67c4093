/**
 * encodeModel: a graph as an ONNX ModelProto. Field numbers are those of onnx.proto (ONNX 1.16, IR version 10).
 * Weights stay in their files ("external data"): a model of gigabytes is a few kilobytes here, and protobuf's
 * limit of 2 GB does not apply.
 */

import type { Graph } from '../graph/graph.ts';
import { lowerGraph, reachFromOutputs } from '../graph/lowering.ts';
import type { LoweringOptions } from '../graph/op.ts';
import type { Attribute, Node, Parameter, Value } from '../graph/value.ts';
import {
  BYTES_PER_ELEMENT,
  type DType,
  elementCount,
  type Shape,
  type Tensor,
  type WeightLocation,
} from '../tensor/tensor.ts';
import { ProtobufMessage } from './protobuf.ts';

const IR_VERSION = 10;
const OPSET = 21;
const RUNTIME_OPSET = 1;

/** TensorProto.DataType */
const DATA_TYPE: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

/** Outputs past the first that a kernel need not compute when nobody reads them. */
const OPTIONAL_OUTPUTS: ReadonlySet<string> = new Set(['LayerNormalization']);

/** The place of a weight's bytes on disk, or the weight itself, which then becomes part of the model's bytes. */
export type WeightSource = (name: string) => WeightLocation | Tensor;

/**
 * `file` of a weight's location is written as it is given: onnxruntime takes it relative to the folder that
 * the session names, and refuses absolute paths.
 */
export function encodeModel(graph: Graph, weights: WeightSource, options: LoweringOptions = {}): Uint8Array {
  return new ProtobufMessage(1 << 16)
    .int(1, IR_VERSION)
    .string(2, 'likeness')
    .message(7, graphProto(lowerGraph(graph, options), weights))
    .message(8, operatorSet('', OPSET))
    .message(8, operatorSet('com.microsoft', RUNTIME_OPSET))
    .finish();
}

function operatorSet(domain: string, version: number): ProtobufMessage {
  return new ProtobufMessage().string(1, domain).int(2, version);
}

function graphProto(graph: Graph, weights: WeightSource): ProtobufMessage {
  const names = valueNames(graph);
  // Lowering left out what a faster form does not read.
  const { nodes, read } = reachFromOutputs(graph);
  const proto = new ProtobufMessage(1 << 16);
  for (const [index, node] of nodes.entries()) {
    const outputs = node.outputs.map((output, position) => {
      const dropped = position > 0 && OPTIONAL_OUTPUTS.has(node.op.name) && !read.has(output!);
      return dropped || output === undefined ? '' : names.get(output)!;
    });
    const inputs = node.inputs.map((input) => (input === undefined ? '' : names.get(input)!));
    proto.message(1, nodeProto(node, inputs, outputs, `${node.op.name}_${index}`));
  }
  // A value may be an input and an output, or two outputs: an Identity makes each output a value of its own.
  for (const [name, value] of graph.outputs) {
    const identity = new ProtobufMessage().string(1, names.get(value)!).string(2, `output:${name}`);
    proto.message(1, identity.string(3, `output ${name}`).string(4, 'Identity'));
  }
  proto.string(2, graph.name);
  for (const [value, tensor] of graph.constants) {
    if (read.has(value)) proto.message(5, tensorProto(names.get(value)!, tensor));
  }
  for (const [name, value] of graph.parameters) {
    if (read.has(value)) proto.message(5, weightProto(value, names.get(value)!, weights(name)));
  }
  for (const [name, { dtype, shape }] of graph.inputs)
    proto.message(11, valueInfo(`input:${name}`, dtype, shape));
  for (const [name, { dtype, shape }] of graph.outputs) {
    proto.message(12, valueInfo(`output:${name}`, dtype, shape));
  }
  return proto;
}

/** Inputs and outputs carry a prefix, so that a name a person chose never meets a name made here. */
function valueNames(graph: Graph): Map<Value, string> {
  const names = new Map<Value, string>();
  for (const [name, value] of graph.inputs) names.set(value, `input:${name}`);
  for (const [name, value] of graph.parameters) names.set(value, `weight:${name}`);
  for (const value of graph.constants.keys()) names.set(value, `constant:${value.id}`);
  for (const node of graph.nodes) {
    for (const output of node.outputs) if (output !== undefined) names.set(output, `value:${output.id}`);
  }
  return names;
}

function nodeProto(node: Node, inputs: string[], outputs: string[], name: string): ProtobufMessage {
  const proto = new ProtobufMessage(256);
  for (const input of inputs) proto.string(1, input);
  for (const output of outputs) proto.string(2, output);
  proto.string(3, name).string(4, node.op.name);
  for (const [key, attribute] of Object.entries(node.attributes)) {
    proto.message(5, attributeProto(key, attribute));
  }
  return node.op.domain === '' ? proto : proto.string(7, node.op.domain);
}

function attributeProto(name: string, attribute: Attribute): ProtobufMessage {
  const proto = new ProtobufMessage().string(1, name);
  if ('float' in attribute) return proto.float(2, attribute.float).int(20, 1);
  if ('int' in attribute) return proto.int(3, attribute.int).int(20, 2);
  if ('dtype' in attribute) return proto.int(3, DATA_TYPE[attribute.dtype]).int(20, 2);
  if ('string' in attribute) return proto.string(4, attribute.string).int(20, 3);
  for (const value of attribute.ints) proto.int(8, value);
  return proto.int(20, 7);
}

function tensorHeader(name: string, dtype: DType, shape: Shape, capacity = 64): ProtobufMessage {
  const proto = new ProtobufMessage(capacity + 256);
  for (const size of shape) proto.int(1, size);
  return proto.int(2, DATA_TYPE[dtype]).string(8, name);
}

function tensorProto(name: string, { dtype, shape, data }: Tensor): ProtobufMessage {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return tensorHeader(name, dtype, shape, bytes.length).bytes(9, bytes);
}

function weightProto(
  { dtype, shape }: Parameter,
  name: string,
  source: WeightLocation | Tensor,
): ProtobufMessage {
  const count = elementCount(shape);
  if ('data' in source) {
    if (source.dtype !== dtype || source.data.length !== count) {
      throw new Error(`internal: ${name} is ${source.dtype} [${source.shape}], must be ${dtype} [${shape}]`);
    }
    return tensorProto(name, { dtype, shape, data: source.data });
  }
  const size = BYTES_PER_ELEMENT[dtype] * count;
  if (source.length !== size) {
    throw new Error(`internal: ${name} has ${source.length} bytes, ${dtype} [${shape}] takes ${size}`);
  }
  const proto = tensorHeader(name, dtype, shape);
  const entries = { location: source.file, offset: source.offset, length: source.length };
  for (const [key, entry] of Object.entries(entries)) {
    proto.message(13, new ProtobufMessage().string(1, key).string(2, String(entry)));
  }
  return proto.int(14, 1);
}

function valueInfo(name: string, dtype: DType, shape: Shape): ProtobufMessage {
  const sizes = new ProtobufMessage();
  for (const size of shape) sizes.message(1, new ProtobufMessage().int(1, size));
  const type = new ProtobufMessage().int(1, DATA_TYPE[dtype]).message(2, sizes);
  return new ProtobufMessage().string(1, name).message(2, new ProtobufMessage().message(1, type));
}
