import { setOwn, type JsonObject } from '../schema/json.js';
import { messageNamed, messageOfKind, type MessageField } from './messages.js';
import { ProtobufError, readFields, readVarint, type WireValue } from './wire.js';

/** What stands before every object in protobuf. */
const MAGIC = Buffer.from('k8s\0');
const MAX_DEPTH = 100;

/**
 * An object of Kubernetes' own kinds in protobuf, as it would be in JSON. `group` and `version` are the expected ones, for
 * kinds like DeleteOptions that come in any. Errors: ProtobufError.
 */
export function decodeProtobuf(bytes: Buffer, group: string, version: string, expectedKind: string): JsonObject {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new ProtobufError('the prefix of the format is missing');
  const { apiVersion, kind, raw } = readEnvelope(bytes.subarray(MAGIC.length));
  const message = messageOfKind(group, version, kind || expectedKind);
  if (message === undefined) throw new ProtobufError(`the kind ${JSON.stringify(kind)} is not known`);
  return { ...(apiVersion && { apiVersion }), ...(kind && { kind }), ...decodeMessage(raw, message, 0) };
}

/** `runtime.Unknown`: kind and version, and the object itself. */
function readEnvelope(bytes: Buffer): { apiVersion: string; kind: string; raw: Buffer } {
  const envelope = { apiVersion: '', kind: '', raw: Buffer.alloc(0) };
  for (const field of readFields(bytes)) {
    if (field.type !== 'bytes') continue;
    if (field.number === 2) envelope.raw = field.value as Buffer<ArrayBuffer>;
    if (field.number !== 1) continue;
    for (const part of readFields(field.value)) {
      if (part.type !== 'bytes') continue;
      if (part.number === 1) envelope.apiVersion = part.value.toString();
      if (part.number === 2) envelope.kind = part.value.toString();
    }
  }
  return envelope;
}

function decodeMessage(bytes: Buffer, name: string, depth: number): JsonObject {
  if (depth > MAX_DEPTH) throw new ProtobufError('nested too deeply');
  const message = messageNamed(name);
  if (message === undefined) throw new ProtobufError(`the message ${name} is not known`);
  const object: JsonObject = {};
  for (const field of readFields(bytes)) {
    const known = message.get(field.number);
    // Newer clients know fields that we do not.
    if (known !== undefined) decodeField(object, known, field, depth + 1);
  }
  return object;
}

function decodeField(object: JsonObject, field: MessageField, wire: WireValue, depth: number): void {
  const { name, type, many } = field;
  if (field.isInline) {
    Object.assign(object, decodeMessage(bytesOf(wire), type, depth));
  } else if (many === 'list') {
    const list = (object[name] ??= []) as unknown[];
    if (type === 'int' && wire.type === 'bytes') readPacked(wire.value, list);
    else list.push(decodeValue(type, wire, depth));
  } else if (many === 'map') {
    decodeEntry((object[name] ??= {}) as JsonObject, type, bytesOf(wire), depth);
  } else {
    const value = decodeValue(type, wire, depth);
    if (value !== undefined && (field.isOptional || field.keepsZero || !isZero(value))) object[name] = value;
  }
}

const isZero = (value: unknown) => value === '' || value === 0 || value === false;

/** An entry of a map is a message of its key and its value. */
function decodeEntry(map: JsonObject, type: string, bytes: Buffer, depth: number): void {
  let key = '';
  let value: unknown = EMPTY[type] ?? {};
  for (const field of readFields(bytes)) {
    if (field.number === 1) key = bytesOf(field).toString();
    if (field.number === 2) value = decodeValue(type, field, depth);
  }
  setOwn(map, key, value);
}

const EMPTY: Record<string, unknown> = { string: '', bytes: '', int: 0, bool: false, quantity: '0', strings: [] };

/** Adds the numbers of a list that stand one behind the other. */
function readPacked(bytes: Buffer, list: unknown[]): void {
  let at = 0;
  while (at < bytes.length) {
    const { value, end } = readVarint(bytes, at);
    at = end;
    list.push(value);
  }
}

/** Undefined for what JSON leaves out: a time that is not set. */
function decodeValue(type: string, wire: WireValue, depth: number): unknown {
  switch (type) {
    case 'string':
      return bytesOf(wire).toString();
    case 'bytes':
      return bytesOf(wire).toString('base64');
    case 'int':
      return numberOf(wire);
    case 'bool':
      return numberOf(wire) !== 0;
    case 'time':
    case 'microTime':
      return readTime(bytesOf(wire), type === 'microTime');
    case 'quantity':
      return firstText(bytesOf(wire)) || '0';
    case 'intOrString':
      return readIntOrString(bytesOf(wire));
    case 'strings':
      return [...readFields(bytesOf(wire))].map((field) => bytesOf(field).toString());
    case 'raw':
      return readRaw(bytesOf(wire));
    default:
      return decodeMessage(bytesOf(wire), type, depth);
  }
}

function bytesOf(wire: WireValue): Buffer {
  if (wire.type !== 'bytes') throw new ProtobufError('wrong wire type');
  return wire.value;
}

function numberOf(wire: WireValue): number {
  if (wire.type !== 'varint') throw new ProtobufError('wrong wire type');
  return wire.value;
}

function firstText(bytes: Buffer): string {
  for (const field of readFields(bytes)) if (field.number === 1) return bytesOf(field).toString();
  return '';
}

/** Seconds and nanoseconds since 1970. */
function readTime(bytes: Buffer, hasMicroseconds: boolean): string | undefined {
  let seconds: number | undefined;
  let nanoseconds = 0;
  for (const field of readFields(bytes)) {
    if (field.number === 1) seconds = numberOf(field);
    if (field.number === 2) nanoseconds = numberOf(field);
  }
  if (seconds === undefined) return undefined;
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw new ProtobufError('the time is out of range');
  const text = date.toISOString().slice(0, 19);
  return hasMicroseconds ? `${text}.${String(Math.floor(nanoseconds / 1000)).padStart(6, '0')}Z` : `${text}Z`;
}

function readIntOrString(bytes: Buffer): number | string {
  let [isText, number, text] = [false, 0, ''];
  for (const field of readFields(bytes)) {
    if (field.number === 1) isText = numberOf(field) === 1;
    if (field.number === 2) number = numberOf(field);
    if (field.number === 3) text = bytesOf(field).toString();
  }
  return isText ? text : number;
}

/** JSON within protobuf: objects of any kind, and sets of fields. */
function readRaw(bytes: Buffer): unknown {
  const text = firstText(bytes);
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new ProtobufError('embedded JSON cannot be read');
  }
}
