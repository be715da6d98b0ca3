import { isJsonObject } from '@longshore/kube';
import { parse } from 'yaml';
import { EVENT_TYPES } from './cloud-event.js';
import { signingKeyOf } from './signature.js';
import type { StreamChange } from './stream-changes.js';

/** Where events are sent. */
export interface Endpoint {
  name: string;
  url: URL;
  key: Buffer;
  /** None: of all namespaces. */
  namespaces: ReadonlySet<string> | undefined;
  /** None: of all types. */
  types: ReadonlySet<string> | undefined;
}

/** An endpoint is not written as it should be. The message holds neither its secret nor its URL. */
export class WebhookConfigError extends Error {
  override readonly name = 'WebhookConfigError';
  readonly code = 'WEBHOOK_CONFIG';
}

const FIELDS = ['url', 'secret', 'namespaces', 'types'];
const MAX_BYTES = 16 * 1024;
const TYPES: readonly string[] = Object.values(EVENT_TYPES);

/**
 * Reads one endpoint, YAML or JSON: `url` and `secret` (`whsec_…`), and which `namespaces` and `types` of events it wants.
 *
 * @throws {WebhookConfigError}
 */
export function parseEndpoint(name: string, text: string): Endpoint {
  const fail = (why: string) => new WebhookConfigError(`endpoint ${JSON.stringify(name)}: ${why}`);
  if (text.length > MAX_BYTES) throw fail(`longer than ${MAX_BYTES} bytes`);
  const given = parseYaml(text);
  if (!isJsonObject(given)) throw fail('must be YAML or JSON with url and secret');
  const unknown = Object.keys(given).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) throw fail(`${JSON.stringify(unknown)} is not known; the fields are ${FIELDS.join(', ')}`);
  const url = typeof given['url'] === 'string' ? parseUrl(given['url']) : undefined;
  if (url === undefined) throw fail('url: must be an http or https URL without user, password and fragment');
  const key = typeof given['secret'] === 'string' ? signingKeyOf(given['secret']) : undefined;
  if (key === undefined) throw fail('secret: must be "whsec_" and Base64 of 24 to 64 random bytes');
  const namespaces = given['namespaces'] ?? undefined;
  if (namespaces !== undefined && !isListOfNames(namespaces)) throw fail('namespaces: must be a list of names');
  const types = given['types'] ?? undefined;
  if (types !== undefined && !(isListOfNames(types) && types.every((type) => TYPES.includes(type)))) {
    throw fail(`types: must be a list of ${TYPES.join(', ')}`);
  }
  return { name, url, key, namespaces: namespaces && new Set(namespaces), types: types && new Set(types) };
}

/** Whether an endpoint wants to hear of a change. */
export function wants({ namespaces, types }: Endpoint, { namespace, cause }: StreamChange): boolean {
  return (namespaces?.has(namespace) ?? true) && (types?.has(EVENT_TYPES[cause]) ?? true);
}

/** Undefined for what is no YAML: its parser's messages show the text, and with it the secret. */
function parseYaml(text: string): unknown {
  try {
    return parse(text, { logLevel: 'silent' }) as unknown;
  } catch {
    return undefined;
  }
}

function parseUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isHttp = url.protocol === 'http:' || url.protocol === 'https:';
  return isHttp && url.username === '' && url.password === '' && url.hash === '' ? url : undefined;
}

function isListOfNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string' && item !== '');
}
