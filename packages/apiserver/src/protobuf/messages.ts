import { KUBERNETES_MESSAGES } from './kubernetes-messages.js';

/** A field of a message and how it stands in JSON. */
export interface MessageField {
  name: string;
  /** A message by name, or one of the types that `decode-message.ts` reads. */
  type: string;
  many: 'one' | 'list' | 'map';
  /** Zeros that are there count. */
  isOptional: boolean;
  /** Zeros are told too. */
  keepsZero: boolean;
  /** Its fields stand among those of the message around it. */
  isInline: boolean;
}

export type Message = ReadonlyMap<number, MessageField>;

const lines = new Map<string, string>();
const parsed = new Map<string, Message>();

/** A message by its name (`apps.v1.Deployment`), read from the table when it is first needed. */
export function messageNamed(name: string): Message | undefined {
  const known = parsed.get(name);
  if (known !== undefined) return known;
  if (lines.size === 0) readTable();
  const line = lines.get(name);
  if (line === undefined) return undefined;
  const message = new Map(line.split('; ').map(parseField));
  parsed.set(name, message);
  return message;
}

/** The name of the message of a kind; undefined for kinds that are not Kubernetes' own. */
export function messageOfKind(group: string, version: string, kind: string): string | undefined {
  if (kind === 'DeleteOptions') return 'meta.v1.DeleteOptions';
  const [first = '', ...domain] = group.split('.');
  if (domain.length > 0 && !group.endsWith('.k8s.io')) return undefined;
  const name = `${group === '' ? 'core' : first}.${version}.${kind}`;
  return messageNamed(name) === undefined ? undefined : name;
}

function readTable(): void {
  for (const line of KUBERNETES_MESSAGES.trim().split('\n')) {
    const colon = line.indexOf(':');
    lines.set(line.slice(0, colon), line.slice(colon + 2));
  }
}

function parseField(text: string): [number, MessageField] {
  const [number = '', label = '', type = ''] = text.split(' ');
  const many = type.endsWith('[]') ? 'list' : type.endsWith('{}') ? 'map' : 'one';
  const isOptional = label.endsWith('?');
  const keepsZero = label.endsWith('!');
  return [
    Number(number),
    {
      name: isOptional || keepsZero ? label.slice(0, -1) : label,
      type: many === 'one' ? type : type.slice(0, -2),
      many,
      isOptional,
      keepsZero,
      isInline: label === '...',
    },
  ];
}
