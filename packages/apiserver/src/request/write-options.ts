import { invalid, type StatusCause } from '@longshore/kube';
import { checkDryRun } from '../rest/delete-options.js';
import { unsupportedValue } from '../schema/field-error.js';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** `metav1.CreateOptions` and its siblings. */
export interface WriteOptions {
  dryRun: boolean;
  fieldValidation: FieldValidation;
}

const FIELD_VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'];

/** `kind`: `CreateOptions`, for the message. Errors: `Invalid`. */
export function parseWriteOptions(query: URLSearchParams, kind: string): WriteOptions {
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  const fieldValidation = query.get('fieldValidation') ?? '';
  const causes: StatusCause[] = checkDryRun(dryRun);
  if (!FIELD_VALIDATIONS.includes(fieldValidation)) {
    causes.push(unsupportedValue('fieldValidation', fieldValidation, FIELD_VALIDATIONS));
  }
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', causes);
  return { dryRun: dryRun.length > 0, fieldValidation: (fieldValidation || 'Warn') as FieldValidation };
}
