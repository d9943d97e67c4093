/** ProtobufMessage: as much of the protobuf wire format as an ONNX model takes. */

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** One message under construction; fields are written in the order of the calls. */
export class ProtobufMessage {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 64) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  /** A signed 64-bit integer (int32, int64 and enum fields); negative numbers take ten bytes. */
  int(field: number, value: number): this {
    if (!Number.isSafeInteger(value)) throw new Error(`internal: ${value} is not an integer`);
    this.#varint(field * 8 + VARINT);
    this.#varint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.#varint(field * 8 + FIXED32);
    this.#reserve(4);
    this.#length = this.#bytes.writeFloatLE(value, this.#length);
    return this;
  }

  string(field: number, text: string): this {
    return this.bytes(field, Buffer.from(text, 'utf8'));
  }

  bytes(field: number, content: Uint8Array): this {
    this.#varint(field * 8 + LENGTH_DELIMITED);
    this.#varint(content.length);
    this.#reserve(content.length);
    this.#bytes.set(content, this.#length);
    this.#length += content.length;
    return this;
  }

  message(field: number, message: ProtobufMessage): this {
    return this.bytes(field, message.finish());
  }

  /** A view, valid until the next write. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #varint(value: number): void {
    this.#reserve(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    if (value >= 0 && value < 128) {
      this.#bytes[this.#length++] = value;
      return;
    }
    for (; rest > 127n; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 127n) | 128;
    this.#bytes[this.#length++] = Number(rest);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
