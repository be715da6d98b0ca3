import { isJsonObject } from '@longshore/kube';

const MAX_DIFFERENCES = 20;
const MAX_TEXT = 60;

/**
 * Where an object is not as it should be: `spec.replicas: 1 -> 2`. What the server filled in, and what others added, is no
 * difference. `exact`: what is only there counts, too.
 */
export function differences(wanted: unknown, live: unknown, path: string, exact: boolean): string[] {
  const found: string[] = [];
  compare(wanted, live, path, exact, found);
  return found.slice(0, MAX_DIFFERENCES);
}

function compare(wanted: unknown, live: unknown, path: string, exact: boolean, found: string[]): void {
  if (found.length >= MAX_DIFFERENCES || wanted === live) return;
  if (isEmpty(wanted) && (isEmpty(live) || (wanted === undefined && !exact))) return;
  if (Array.isArray(wanted) && Array.isArray(live) && wanted.length === live.length) {
    for (const [at, item] of wanted.entries()) compare(item, live[at], `${path}[${at}]`, exact, found);
  } else if (isJsonObject(wanted) && isJsonObject(live)) {
    for (const [key, value] of Object.entries(wanted)) compare(value, own(live, key), `${path}.${key}`, exact, found);
    if (!exact) return;
    for (const key of Object.keys(live)) if (!Object.hasOwn(wanted, key)) found.push(`${path}.${key}: is too much`);
  } else found.push(`${path}: ${shown(live)} -> ${shown(wanted)}`);
}

const own = (object: object, key: string): unknown =>
  Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined;

/** Servers drop what is empty. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && Object.keys(value).length === 0;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
