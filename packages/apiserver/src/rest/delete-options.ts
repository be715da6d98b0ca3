import { badRequest, invalid, type StatusCause } from '@longshore/kube';
import type { Schema } from '@longshore/kube';
import { decodingError } from '../schema/decode.js';
import { forbiddenField, invalidValue, unsupportedValue } from '../schema/field-error.js';
import { isObject } from '../schema/json.js';
import { parseBoolean } from './list-options.js';
import type { Preconditions } from '../definition.js';

export type PropagationPolicy = 'Foreground' | 'Background' | 'Orphan';

/** `metav1.DeleteOptions`. */
export interface DeleteOptions {
  gracePeriodSeconds?: number;
  preconditions?: Preconditions;
  /** The older way to say `Orphan` (true) or `Background` (false). */
  orphanDependents?: boolean;
  propagationPolicy?: PropagationPolicy;
  dryRun?: string[];
}

const POLICIES: readonly string[] = ['Foreground', 'Background', 'Orphan'];

const SCHEMA: Schema = {
  type: 'object',
  properties: {
    gracePeriodSeconds: { type: 'integer', format: 'int64' },
    preconditions: { type: 'object', properties: { uid: { type: 'string' }, resourceVersion: { type: 'string' } } },
    orphanDependents: { type: 'boolean' },
    propagationPolicy: { type: 'string' },
    dryRun: { type: 'array', items: { type: 'string' } },
  },
};

/** From the body of a request; undefined where there is none. Errors: `BadRequest`, `Invalid`. */
export function deleteOptionsFromBody(body: unknown): DeleteOptions {
  if (body !== undefined && isObject(body) && body.kind !== undefined && body.kind !== 'DeleteOptions') {
    throw badRequest(`decoded object cannot be converted to DeleteOptions`);
  }
  const problem = decodingError(body, SCHEMA, 'DeleteOptions');
  if (problem !== undefined) throw badRequest(`DeleteOptions cannot be handled as a DeleteOptions: ${problem}`);
  const options = dropNulls(body as DeleteOptions);
  checkDeleteOptions(options);
  return options;
}

/** From query parameters, which count when there is no body. Errors: `BadRequest`, `Invalid`. */
export function deleteOptionsFromQuery(query: URLSearchParams): DeleteOptions {
  const options: DeleteOptions = {};
  const grace = query.get('gracePeriodSeconds');
  if (grace) {
    if (!/^-?\d{1,15}$/.test(grace)) {
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`);
    }
    options.gracePeriodSeconds = Number(grace);
  }
  const orphan = query.get('orphanDependents');
  if (orphan !== null) options.orphanDependents = parseBoolean(orphan);
  const policy = query.get('propagationPolicy');
  if (policy) options.propagationPolicy = policy as PropagationPolicy;
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.length > 0) options.dryRun = dryRun;
  checkDeleteOptions(options);
  return options;
}

function dropNulls(options: DeleteOptions): DeleteOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null));
}

function checkDeleteOptions({ orphanDependents, propagationPolicy, dryRun = [], gracePeriodSeconds }: DeleteOptions) {
  const causes: StatusCause[] = [];
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    const detail = 'orphanDependents and deletionPropagation cannot be both set';
    causes.push(invalidValue('propagationPolicy', propagationPolicy, detail));
  }
  if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy)) {
    causes.push(unsupportedValue('propagationPolicy', propagationPolicy, [...POLICIES, 'nil']));
  }
  if (gracePeriodSeconds !== undefined && gracePeriodSeconds < 0) {
    causes.push(forbiddenField('gracePeriodSeconds', 'must not be negative'));
  }
  causes.push(...checkDryRun(dryRun));
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', causes);
}

/** Problems of `dryRun` parameters: there is only `All`. */
export function checkDryRun(values: readonly string[]): StatusCause[] {
  const wrong = values.filter((value) => value !== 'All');
  return wrong.length === 0 ? [] : [unsupportedValue('dryRun', values.length === 1 ? values[0] : values, ['All'])];
}
