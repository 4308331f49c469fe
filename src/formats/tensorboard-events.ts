// Event files of TensorBoard: TFRecords of Event messages, as torch's SummaryWriter and HF's TensorBoardCallback write
// them. Only writing, and only scalars and texts.

import { crc32c } from '#util/crc32.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** The first record of a file. @param wallTime seconds since 1970, in each of these. */
export const versionRecord = (wallTime: number): Bytes =>
  record(event(wallTime, null, text(FIELDS.fileVersion, 'brain.Event:2')));

/** A text under `tag`, at no step. */
export function textRecord(wallTime: number, tag: string, content: string): Bytes {
  const metadata = message(FIELDS.metadata, message(FIELDS.pluginData, text(FIELDS.pluginName, 'text')));
  const dimension = message(FIELDS.dimension, varint(FIELDS.size, 1));
  const tensor = message(
    FIELDS.tensor,
    varint(FIELDS.dtype, DT_STRING),
    message(FIELDS.shape, dimension),
    text(FIELDS.stringValue, content),
  );
  return record(event(wallTime, null, summary(text(FIELDS.tag, `${tag}/text_summary`), tensor, metadata)));
}

/** The numbers of a log entry under HF's tags (`train/loss`, `eval/loss`), each in a record. */
export function logRecords(wallTime: number, entry: Readonly<Record<string, unknown>>, step: number): Bytes {
  const records = Object.entries(entry).flatMap(([key, value]) => {
    // HF's callback is not given the step as a value, and a list is no scalar.
    if (key === 'step' || typeof value !== 'number') return [];
    return [record(event(wallTime, step, summary(text(FIELDS.tag, tagOf(key)), float(FIELDS.simpleValue, value))))];
  });
  return concatenate(records);
}

/** `eval_loss` → `eval/loss`, `loss` → `train/loss`: HF's `rewrite_logs`. */
const tagOf = (key: string): string => (/^(eval|test)_/.test(key) ? key.replace('_', '/') : `train/${key}`);

/** Numbers of fields in event.proto, summary.proto, tensor.proto and tensor_shape.proto. */
const FIELDS = {
  wallTime: 1,
  step: 2,
  fileVersion: 3,
  summary: 5,
  value: 1,
  tag: 1,
  simpleValue: 2,
  tensor: 8,
  metadata: 9,
  pluginData: 1,
  pluginName: 1,
  dtype: 1,
  shape: 2,
  stringValue: 8,
  dimension: 2,
  size: 1,
} as const;
const DT_STRING = 7;

/** Wire types of protocol buffers. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

function event(wallTime: number, step: number | null, content: Bytes): Bytes {
  const time = new DataView(new ArrayBuffer(8));
  time.setFloat64(0, wallTime, true);
  const at = step === null ? [] : [varint(FIELDS.step, step)];
  return concatenate([key(FIELDS.wallTime, FIXED64), new Uint8Array(time.buffer), ...at, content]);
}

const summary = (...value: Bytes[]): Bytes => message(FIELDS.summary, message(FIELDS.value, ...value));

function message(field: number, ...parts: Bytes[]): Bytes {
  const content = concatenate(parts);
  return concatenate([key(field, BYTES), digits(content.length), content]);
}

const text = (field: number, value: string): Bytes => message(field, new TextEncoder().encode(value));

const varint = (field: number, value: number): Bytes => concatenate([key(field, VARINT), digits(value)]);

function float(field: number, value: number): Bytes {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setFloat32(0, value, true);
  return concatenate([key(field, FIXED32), new Uint8Array(bytes.buffer)]);
}

const key = (field: number, wireType: number): Bytes => Uint8Array.of((field << 3) | wireType);

/** Seven bits in a byte, the lowest first; all but the last have the high bit. @param value up to 2^53. */
function digits(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.from([...bytes, rest]);
}

/** A TFRecord: length, its checksum, the bytes, their checksum; little-endian. */
function record(data: Bytes): Bytes {
  const length = new DataView(new ArrayBuffer(8));
  length.setBigUint64(0, BigInt(data.length), true);
  const head = new Uint8Array(length.buffer);
  return concatenate([head, maskedChecksum(head), data, maskedChecksum(data)]);
}

function maskedChecksum(bytes: Bytes): Bytes {
  const crc = crc32c(bytes);
  const masked = new DataView(new ArrayBuffer(4));
  masked.setUint32(0, ((crc >>> 15) | (crc << 17)) + 0xa282ead8, true);
  return new Uint8Array(masked.buffer);
}

function concatenate(parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
