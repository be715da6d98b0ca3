import { badRequest, tooLarge } from '../api-error.js';
import { checkDepth, getKey, isJsonObject, jsonEqual, setKey, type JsonObject, type JsonValue } from '../json.js';
import { parseJsonPointer } from './json-pointer.js';
import { patchDoesNotApply } from './patch-error.js';

/** An operation of RFC 6902. */
export type JsonPatchOperation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: JsonValue }
  | { op: 'remove'; path: string }
  | { op: 'move' | 'copy'; from: string; path: string };

/** What the API server of Kubernetes takes. */
export const MAX_JSON_PATCH_OPERATIONS = 10_000;
/** Bytes of JSON that all `copy` operations of one patch may add together. */
export const MAX_JSON_PATCH_COPY_BYTES = 3 * 1024 * 1024;
/** List items that all operations of one patch may push aside together: a fraction of a second. */
const MAX_MOVED_ITEMS = 50_000_000;

const OPERATIONS = new Set(['add', 'replace', 'test', 'remove', 'move', 'copy']);

/** Errors: ApiError `BadRequest` for what is no patch, `RequestEntityTooLarge` for one with too many operations. */
export function parseJsonPatch(value: unknown): JsonPatchOperation[] {
  if (!Array.isArray(value)) throw badRequest('a JSON patch must be a list of operations');
  if (value.length > MAX_JSON_PATCH_OPERATIONS) {
    throw tooLarge(
      `The allowed maximum operations in a JSON patch is ${MAX_JSON_PATCH_OPERATIONS}, got ${value.length}`,
    );
  }
  checkDepth(value);
  return value.map(parseOperation);
}

function parseOperation(item: unknown, index: number): JsonPatchOperation {
  if (!isJsonObject(item)) throw badRequest(`operation ${index} of the JSON patch must be an object`);
  const { op, path, from } = item;
  if (typeof op !== 'string' || !OPERATIONS.has(op)) {
    throw badRequest(`operation ${index} of the JSON patch: op must be add, remove, replace, move, copy or test`);
  }
  if (typeof path !== 'string') throw badRequest(`operation ${index} of the JSON patch: path must be a string`);
  if (op === 'remove') return { op, path };
  if (op === 'move' || op === 'copy') {
    if (typeof from !== 'string') throw badRequest(`operation ${index} of the JSON patch: from must be a string`);
    return { op, from, path };
  }
  if (!Object.hasOwn(item, 'value')) throw badRequest(`operation ${index} of the JSON patch: value is missing`);
  return { op: op as 'add' | 'replace' | 'test', path, value: item['value'] as JsonValue };
}

/**
 * The document with the operations done, in order; the one given stays as it is. Negative indexes count from the end, as in
 * Kubernetes. Errors: ApiError `Invalid` when a test fails or a path is missing.
 */
export function applyJsonPatch(document: JsonObject, operations: readonly JsonPatchOperation[]): JsonObject {
  const target = new Target(structuredClone(document));
  for (const operation of operations) target.apply(operation);
  if (!isJsonObject(target.document)) throw patchDoesNotApply('the patch leaves no object');
  checkDepth(target.document);
  return target.document;
}

class Target {
  private copied = 0;
  private moved = 0;

  constructor(public document: JsonValue) {}

  apply(operation: JsonPatchOperation): void {
    const path = parseJsonPointer(operation.path);
    switch (operation.op) {
      case 'add':
        return this.add(path, structuredClone(operation.value));
      case 'replace':
        this.get(path);
        return this.replace(path, structuredClone(operation.value));
      case 'remove':
        this.remove(path);
        return;
      case 'move':
        return this.move(parseJsonPointer(operation.from), path);
      case 'copy':
        return this.add(path, this.copyOf(parseJsonPointer(operation.from)));
      case 'test':
        return this.test(path, operation.value);
    }
  }

  private add(path: string[], value: JsonValue): void {
    const key = path.at(-1);
    if (key === undefined) {
      this.document = value;
      return;
    }
    const parent = this.get(path.slice(0, -1));
    if (Array.isArray(parent)) {
      const index = key === '-' ? parent.length : indexOf(key, parent.length + 1, path);
      this.countMoved(parent.length - index);
      parent.splice(index, 0, value);
    } else if (isJsonObject(parent)) setKey(parent, key, value);
    else throw missing(path);
  }

  private replace(path: string[], value: JsonValue): void {
    const key = path.at(-1);
    const parent = this.get(path.slice(0, -1));
    if (key === undefined) this.document = value;
    else if (Array.isArray(parent)) parent[indexOf(key, parent.length, path)] = value;
    else setKey(parent as JsonObject, key, value);
  }

  private remove(path: string[]): JsonValue {
    const key = path.at(-1);
    if (key === undefined) throw patchDoesNotApply('the whole document cannot be removed');
    const value = this.get(path);
    const parent = this.get(path.slice(0, -1));
    if (Array.isArray(parent)) {
      const index = indexOf(key, parent.length, path);
      this.countMoved(parent.length - index);
      parent.splice(index, 1);
    } else delete (parent as JsonObject)[key];
    return value;
  }

  private move(from: string[], path: string[]): void {
    const isInside = path.length > from.length && from.every((part, index) => part === path[index]);
    if (isInside) throw patchDoesNotApply(`${format(from)} cannot be moved into itself`);
    this.add(path, this.remove(from));
  }

  private copyOf(from: string[]): JsonValue {
    const text = JSON.stringify(this.get(from));
    this.copied += Buffer.byteLength(text);
    if (this.copied > MAX_JSON_PATCH_COPY_BYTES) {
      throw patchDoesNotApply(`copy operations add more than ${MAX_JSON_PATCH_COPY_BYTES} bytes`);
    }
    return JSON.parse(text) as JsonValue;
  }

  private countMoved(items: number): void {
    this.moved += items;
    if (this.moved > MAX_MOVED_ITEMS) throw patchDoesNotApply('the operations on long lists are too many');
  }

  /** A missing key equals null. */
  private test(path: string[], expected: JsonValue): void {
    const actual = this.find(path) ?? null;
    if (!jsonEqual(actual, expected)) throw patchDoesNotApply(`testing value ${format(path)} failed`);
  }

  private get(path: string[]): JsonValue {
    const value = this.find(path);
    if (value === undefined) throw missing(path);
    return value;
  }

  /** Undefined when only the last key is missing. */
  private find(path: string[]): JsonValue | undefined {
    let value: JsonValue | undefined = this.document;
    for (const key of path) {
      if (Array.isArray(value)) value = value[indexOf(key, value.length, path)];
      else if (isJsonObject(value)) value = getKey(value, key);
      else throw missing(path);
    }
    return value;
  }
}

function indexOf(key: string, length: number, path: string[]): number {
  if (!/^-?(0|[1-9]\d{0,8})$/.test(key)) throw patchDoesNotApply(`${format(path)}: ${JSON.stringify(key)} is no index`);
  const index = Number(key) < 0 ? Number(key) + length : Number(key);
  if (index < 0 || index >= length) throw patchDoesNotApply(`${format(path)}: there is no index ${key}`);
  return index;
}

function missing(path: string[]) {
  return patchDoesNotApply(`${format(path)} does not exist`);
}

function format(path: string[]): string {
  return JSON.stringify(path.map((part) => `/${part}`).join(''));
}
