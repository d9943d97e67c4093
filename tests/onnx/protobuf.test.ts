import { expect, it } from 'vitest';
import { ProtobufMessage } from '../../companion/onnx/protobuf.ts';

const hex = (message: ProtobufMessage): string => Buffer.from(message.finish()).toString('hex');

/** Bytes by hand from the protobuf encoding guide: tag = field * 8 + wire type. */
it.each([
  ['a small integer', new ProtobufMessage().int(1, 5), '0805'],
  ['an integer of two bytes', new ProtobufMessage().int(1, 150), '089601'],
  ['the largest safe integer', new ProtobufMessage().int(1, Number.MAX_SAFE_INTEGER), '08ffffffffffffff0f'],
  ['a negative integer: ten bytes', new ProtobufMessage().int(1, -1), '08ffffffffffffffffff01'],
  ['a field number above 15', new ProtobufMessage().int(20, 7), 'a00107'],
  ['a float', new ProtobufMessage().float(2, 1.5), '150000c03f'],
  ['text in UTF-8', new ProtobufMessage().string(2, 'é'), '1202c3a9'],
  [
    'a message in a message',
    new ProtobufMessage().message(3, new ProtobufMessage().int(1, 150)),
    '1a03089601',
  ],
])('%s', (_, message, bytes) => {
  expect(hex(message)).toBe(bytes);
});

it('grows as it is written to', () => {
  const long = 'x'.repeat(1000);
  const message = new ProtobufMessage(1).string(1, long).int(2, 3);
  expect(hex(message)).toBe(`0ae807${'78'.repeat(1000)}1003`);
});

it('refuses a number that is no integer', () => {
  expect(() => new ProtobufMessage().int(1, 0.5)).toThrow('0.5 is not an integer');
});
