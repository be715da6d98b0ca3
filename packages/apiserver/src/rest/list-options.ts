import { badRequest, invalid, type StatusCause } from '@longshore/kube';
import { forbiddenField, unsupportedValue } from '../schema/field-error.js';

/** `metav1.ListOptions`, beside the selectors. */
export interface ListOptions {
  limit?: number;
  continue: string;
  /** Undefined: the newest. 0: any. */
  resourceVersion: number | undefined;
  resourceVersionMatch: '' | 'Exact' | 'NotOlderThan';
  timeoutSeconds: number | undefined;
  allowWatchBookmarks: boolean;
  sendInitialEvents: boolean | undefined;
}

/** All objects as they are now. */
export const NEWEST: ListOptions = {
  continue: '',
  resourceVersion: undefined,
  resourceVersionMatch: '',
  timeoutSeconds: undefined,
  allowWatchBookmarks: false,
  sendInitialEvents: undefined,
};

/** Errors: `BadRequest` for numbers that are none, `Invalid` for what does not go together. */
export function parseListOptions(query: URLSearchParams, isWatch: boolean): ListOptions {
  const limit = parseInteger(query.get('limit'));
  const initial = query.get('sendInitialEvents');
  const options: ListOptions = {
    ...(limit !== undefined && limit > 0 && { limit }),
    continue: query.get('continue') ?? '',
    resourceVersion: parseResourceVersion(query.get('resourceVersion')),
    resourceVersionMatch: (query.get('resourceVersionMatch') ?? '') as ListOptions['resourceVersionMatch'],
    timeoutSeconds: parseInteger(query.get('timeoutSeconds')),
    allowWatchBookmarks: parseBoolean(query.get('allowWatchBookmarks')),
    sendInitialEvents: initial === null ? undefined : parseBoolean(initial),
  };
  const causes = isWatch ? checkWatch(options) : checkList(options);
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
  return options;
}

/** As Kubernetes reads boolean parameters: everything but `false` and `0` is true, also nothing behind the name. */
export function parseBoolean(text: string | null): boolean {
  return text !== null && text.toLowerCase() !== 'false' && text !== '0';
}

function parseInteger(text: string | null): number | undefined {
  if (!text) return undefined;
  const value = /^[+-]?\d{1,18}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return value;
}

function parseResourceVersion(text: string | null): number | undefined {
  if (!text) return undefined;
  const value = /^\d{1,20}$/.test(text) ? Number(text) : Number.NaN;
  // Beyond, stores have no numbers.
  if (value < 2 ** 63) return value;
  const problem = Number.isNaN(value) ? 'invalid syntax' : 'value out of range';
  const shown = JSON.stringify(text);
  throw badRequest(`resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: ${problem}`);
}

const MATCH = 'resourceVersionMatch';
const MATCHES = ['Exact', 'NotOlderThan', ''];

function checkList(options: ListOptions): StatusCause[] {
  const { resourceVersionMatch: match, resourceVersion, sendInitialEvents } = options;
  const causes: StatusCause[] = [];
  if (match !== '') {
    if (resourceVersion === undefined) {
      causes.push(forbiddenField(MATCH, `${MATCH} is forbidden unless resourceVersion is provided`));
    }
    if (options.continue !== '') {
      causes.push(forbiddenField(MATCH, `${MATCH} is forbidden when continue is provided`));
    }
    if (!MATCHES.includes(match)) causes.push(unsupportedValue(MATCH, match, MATCHES));
    if (match === 'Exact' && resourceVersion === 0) {
      causes.push(forbiddenField(MATCH, `${MATCH} "Exact" is forbidden for resourceVersion "0"`));
    }
  }
  if (sendInitialEvents !== undefined) {
    causes.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  if (options.continue !== '' && resourceVersion !== undefined && resourceVersion !== 0) {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  return causes;
}

function checkWatch(options: ListOptions): StatusCause[] {
  const { resourceVersionMatch: match, sendInitialEvents, allowWatchBookmarks } = options;
  const causes: StatusCause[] = [];
  if (match !== '') {
    if (sendInitialEvents === undefined) {
      causes.push(forbiddenField(MATCH, `${MATCH} is forbidden for watch unless sendInitialEvents is provided`));
    } else if (match !== 'NotOlderThan') causes.push(unsupportedValue(MATCH, match, ['NotOlderThan']));
    if (options.continue !== '') {
      causes.push(forbiddenField(MATCH, `${MATCH} is forbidden when continue is provided`));
    }
  } else if (sendInitialEvents !== undefined) {
    const detail = `sendInitialEvents requires setting ${MATCH} to NotOlderThan`;
    causes.push(forbiddenField(MATCH, detail));
  }
  if (sendInitialEvents && !allowWatchBookmarks) {
    const detail = 'sendInitialEvents requires setting allowWatchBookmarks to true';
    causes.push(forbiddenField('allowWatchBookmarks', detail));
  }
  return causes;
}
