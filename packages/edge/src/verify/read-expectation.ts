import { JsonSyntaxError, parseJsonTree } from '../diagnostics/json-tree.js';
import { valueOf } from '../diagnostics/tree.js';
import type { ExpectedPartition, ExpectedRegistry, SiteExpectation } from './expectation.js';
import { fieldOf, isRecord } from './kube-object.js';

/** A verification file that no plan has written. */
export class ExpectationError extends Error {
  override readonly name = 'ExpectationError';
  readonly code = 'EXPECTATION';
}

/**
 * Reads `verification.json` of a plan.
 * @throws ExpectationError naming the field that is wrong
 */
export function readExpectation(text: string): SiteExpectation {
  const value = parse(text);
  if (!isRecord(value) || value['version'] !== 1) {
    throw new ExpectationError('expected the verification.json of a plan, with "version": 1');
  }
  const partitions = listAt(value, 'partitions').map((entry, index) => readPartition(entry, `partitions[${index}]`));
  const { ignition } = value;
  if (!isRecord(ignition)) throw new ExpectationError('ignition: expected the Ignition configuration');
  return {
    version: 1,
    site: textAt(value, 'site'),
    cluster: textAt(value, 'cluster'),
    ...optional(value, 'node'),
    disk: textAt(value, 'disk'),
    ignition,
    ...optional(value, 'rootGiB'),
    partitions,
    ...(value['registry'] === undefined ? {} : { registry: readRegistry(value['registry']) }),
    policies: textsAt(value, 'policies'),
  };
}

function parse(text: string): unknown {
  try {
    return valueOf(parseJsonTree(text));
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new ExpectationError(`expected the verification.json of a plan: ${error.message}`);
  }
}

function readPartition(value: unknown, at: string): ExpectedPartition {
  return {
    label: textAt(value, 'label', at),
    mountPoint: textAt(value, 'mountPoint', at),
    ...optional(value, 'sizeGiB', at),
    mountOptions: textsAt(value, 'mountOptions', at),
  };
}

function readRegistry(value: unknown): ExpectedRegistry {
  const text = (key: keyof ExpectedRegistry) => textAt(value, key, 'registry');
  return {
    storageClass: text('storageClass'),
    volume: text('volume'),
    claim: text('claim'),
    claimNamespace: text('claimNamespace'),
    storage: text('storage'),
    path: text('path'),
  };
}

function textAt(value: unknown, key: string, at = ''): string {
  const found = fieldOf(value, key);
  if (typeof found === 'string' && found !== '') return found;
  throw new ExpectationError(`${at === '' ? key : `${at}.${key}`}: expected text`);
}

function optional<K extends string>(value: unknown, key: K, at = ''): { [key in K]?: string } {
  return fieldOf(value, key) === undefined ? {} : ({ [key]: textAt(value, key, at) } as { [key in K]?: string });
}

function listAt(value: unknown, key: string, at = ''): unknown[] {
  const found = fieldOf(value, key);
  if (Array.isArray(found)) return found;
  throw new ExpectationError(`${at === '' ? key : `${at}.${key}`}: expected a list`);
}

function textsAt(value: unknown, key: string, at = ''): string[] {
  return listAt(value, key, at).map((entry) => {
    if (typeof entry === 'string') return entry;
    throw new ExpectationError(`${at === '' ? key : `${at}.${key}`}: expected a list of texts`);
  });
}
