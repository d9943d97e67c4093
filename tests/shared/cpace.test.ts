import { describe, expect, it } from 'vitest';
import { type CpaceContext, cpaceKey, cpaceShare } from '../../shared/protocol/cpace.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex');

/** draft-irtf-cfrg-cpace-21, appendix B.3: CPACE-RISTR255-SHA512, initiator and responder. */
const context: CpaceContext = {
  password: new TextEncoder().encode('Password'),
  channel: hex('6f630b425f726573706f6e6465720b415f696e69746961746f72'),
  run: hex('7e4b4791d6a8ef019b936c79fb7f2c57'),
};
const initiator = {
  seed: hex('da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08'),
  share: 'd40fb265a7abeaee7939d91a585fe59f7053f982c296ec413c624c669308f87a',
  data: new TextEncoder().encode('ADa'),
};
const responder = {
  seed: hex('d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d'),
  share: '08bcf6e9777a9c313a3db6daa510f2d398403319c2341bd506a92e672eb7e307',
  data: new TextEncoder().encode('ADb'),
};
const KEY =
  '4c5469a16b2364c4b944ebc1a79e51d1674ad47db26e8718154f59faebfaa52d' +
  '8346f30aa58377117eb20d527f2cbc5c76381f7fd372e89df8239f87f2e02ed1';
const messages = [
  { share: hex(initiator.share), data: initiator.data },
  { share: hex(responder.share), data: responder.data },
] as const;

describe('CPace', () => {
  it('makes the shares of the draft', () => {
    expect(text(cpaceShare(context, initiator.seed))).toBe(initiator.share);
    expect(text(cpaceShare(context, responder.seed))).toBe(responder.share);
  });

  it('makes the key of the draft, on both sides', () => {
    expect(text(cpaceKey(context, initiator.seed, hex(responder.share), messages))).toBe(KEY);
    expect(text(cpaceKey(context, responder.seed, hex(initiator.share), messages))).toBe(KEY);
  });

  it.each([
    ['the neutral element', '00'.repeat(32)],
    ['no element', 'ff'.repeat(32)],
    ['too short', '08bcf6e9'],
  ])('makes no key of a share that is %s', (_, share) => {
    expect(cpaceKey(context, initiator.seed, hex(share), messages)).toBeUndefined();
  });

  it.each([
    ['password', { ...context, password: new TextEncoder().encode('Passwore') }],
    ['channel', { ...context, channel: new Uint8Array([1]) }],
    ['run', { ...context, run: new Uint8Array(16) }],
  ])('makes another key where the other side has another %s', (_, other) => {
    const share = cpaceShare(other, responder.seed);
    const said = [messages[0], { share, data: responder.data }] as const;
    const ours = cpaceKey(context, initiator.seed, share, said);
    const theirs = cpaceKey(other, responder.seed, hex(initiator.share), said);
    expect(text(ours)).not.toBe(text(theirs));
  });
});
