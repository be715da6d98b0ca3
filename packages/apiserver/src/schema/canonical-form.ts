import { formatTime, Quantity } from '@longshore/kube';
import { messageNamed, messageOfKind, type MessageField } from '../protobuf/messages.js';
import { isObject, setOwn, type JsonObject } from './json.js';

/** The value as it is told, or undefined when it is not told at all. */
type Tidy = (value: unknown) => unknown;

const tidies = new Map<string, Tidy>();

/**
 * Brings an object of Kubernetes' own kinds into the form in which Kubernetes tells it, whatever the client wrote: amounts
 * with the greatest suffix (`1000m` is `1`), times in UTC, and nothing where a field is as good as absent: empty lists and
 * maps, and zeros of fields that know no difference. Types are right already. Changes the object in place.
 */
export function toCanonicalForm(object: JsonObject, group: string, version: string, kind: string): void {
  const message = messageOfKind(group, version, kind);
  if (message !== undefined) tidyOf(message)(object);
}

function tidyOf(name: string): Tidy {
  const known = tidies.get(name);
  if (known) return known;
  let compiled: Tidy | undefined;
  const tidy: Tidy = (value) => (compiled ??= compile(name))(value);
  tidies.set(name, tidy);
  return tidy;
}

function fieldsOf(name: string): MessageField[] {
  return [...(messageNamed(name)?.values() ?? [])].flatMap((field) =>
    field.isInline ? fieldsOf(field.type) : [field],
  );
}

function compile(name: string): Tidy {
  const fields = new Map(fieldsOf(name).map((field) => [field.name, tidyField(field)]));
  return (value) => {
    if (!isObject(value)) return value;
    for (const key of Object.keys(value)) {
      const tidied = fields.get(key)?.(value[key]);
      if (tidied === undefined) {
        if (fields.has(key)) delete value[key];
      } else if (tidied !== value[key]) setOwn(value, key, tidied);
    }
    return value;
  };
}

function tidyField({ type, many, isOptional, keepsZero }: MessageField): Tidy {
  const one = tidyValue(type);
  const mayGo = !isOptional && !keepsZero;
  switch (many) {
    case 'list':
      return (value) => {
        if (!Array.isArray(value)) return value;
        return mayGo && value.length === 0 ? undefined : value.map(one);
      };
    case 'map':
      return (value) => {
        if (!isObject(value)) return value;
        for (const key of Object.keys(value)) setOwn(value, key, one(value[key]));
        return mayGo && Object.keys(value).length === 0 ? undefined : value;
      };
    case 'one':
      return (value) => (mayGo && isZero(value) ? undefined : one(value));
  }
}

const isZero = (value: unknown) => value === '' || value === 0 || value === false || value === null;

const asItIs: Tidy = (value) => value;

function tidyValue(type: string): Tidy {
  switch (type) {
    case 'quantity':
      return (value) =>
        typeof value === 'string' || typeof value === 'number' ? Quantity.parse(String(value)).toString() : value;
    case 'time':
      return (value) => (typeof value === 'string' ? formatTime(new Date(value)) : value);
    case 'bytes':
      return (value) => (typeof value === 'string' ? value.replace(/[\r\n]/g, '') : value);
    default:
      return type.includes('.') ? tidyOf(type) : asItIs;
  }
}
