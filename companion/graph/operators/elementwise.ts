import type { ValueType } from '../value.ts';
import {
  type Application,
  broadcastShapes,
  mismatch,
  type OperatorTable,
  operand,
  operator,
  RUNTIME_DOMAIN,
  requireFloat,
} from './operator.ts';

function unary(application: Application): ValueType[] {
  requireFloat(application, 0);
  return [{ dtype: 'float32', shape: operand(application, 0).shape }];
}

function binary(application: Application): ValueType[] {
  const a = operand(application, 0);
  const b = operand(application, 1);
  if (a.dtype !== b.dtype) throw mismatch(application.op, `operands are ${a.dtype} and ${b.dtype}`);
  return [{ dtype: a.dtype, shape: broadcastShapes(application.op, a.shape, b.shape) }];
}

function comparison(application: Application): ValueType[] {
  return binary(application).map(({ shape }) => ({ dtype: 'bool', shape }));
}

function where(application: Application): ValueType[] {
  const condition = operand(application, 0);
  const a = operand(application, 1);
  const b = operand(application, 2);
  if (condition.dtype !== 'bool')
    throw mismatch('Where', `the condition is ${condition.dtype}, must be bool`);
  if (a.dtype !== b.dtype) throw mismatch('Where', `the branches are ${a.dtype} and ${b.dtype}`);
  const branches = broadcastShapes('Where', a.shape, b.shape);
  return [{ dtype: a.dtype, shape: broadcastShapes('Where', condition.shape, branches) }];
}

function cast(application: Application): ValueType[] {
  const to = application.attributes.to;
  if (to === undefined || !('dtype' in to)) throw mismatch('Cast', 'no target type');
  return [{ dtype: to.dtype, shape: operand(application, 0).shape }];
}

export const ELEMENTWISE: OperatorTable = {
  Neg: operator(unary),
  Exp: operator(unary),
  Reciprocal: operator(unary),
  Erf: operator(unary),
  Cos: operator(unary),
  Sin: operator(unary),
  Sigmoid: operator(unary),
  HardSigmoid: operator(unary),
  Tanh: operator(unary),
  Relu: operator(unary),
  Gelu: operator(unary),
  QuickGelu: operator(unary, RUNTIME_DOMAIN),
  Clip: operator(unary),
  Add: operator(binary),
  Sub: operator(binary),
  Mul: operator(binary),
  Div: operator(binary),
  Max: operator(binary),
  Greater: operator(comparison),
  GreaterOrEqual: operator(comparison),
  Less: operator(comparison),
  Equal: operator(comparison),
  Where: operator(where),
  Cast: operator(cast),
};
