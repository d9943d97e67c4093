import { intOf, type ValueType } from '../value.ts';
import {
  type Application,
  type OperatorTable,
  operand,
  operator,
  requireFloat,
  requireShape,
  resolveAxis,
  sameShape,
} from './operator.ts';

function softmax(application: Application): ValueType[] {
  requireFloat(application, 0);
  const { shape } = operand(application, 0);
  resolveAxis('Softmax', intOf(application.attributes, 'axis'), shape.length);
  return [{ dtype: 'float32', shape }];
}

/** Over the last axis; a scale [1] is for all of it. Outputs: the result, mean and 1 / deviation, both [..., 1]. */
function layerNormalization(application: Application): ValueType[] {
  requireFloat(application, 0, 1);
  const { shape } = operand(application, 0);
  const width = shape.at(-1) ?? 1;
  if (!sameShape(operand(application, 1).shape, [1])) requireShape(application, 1, [width]);
  if (application.inputs[2] !== undefined) requireShape(application, 2, [width]);
  const rows = [...shape.slice(0, -1), 1];
  return [
    { dtype: 'float32', shape },
    { dtype: 'float32', shape: rows },
    { dtype: 'float32', shape: rows },
  ];
}

export const NORMALIZATION: OperatorTable = {
  Softmax: operator(softmax),
  LayerNormalization: operator(layerNormalization),
};
