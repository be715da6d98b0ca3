import type { Path } from '../source/diagnostic.js';
import type { Report } from '../source/report.js';
import type { Level } from '../schema/field.js';
import type { HttpHeader, Resource } from './ignition-config.js';
import { checkUrl, parseUrl } from './url.js';

/** Hexadecimal digits of each hash; sha256 came with 3.1. */
const HASH_DIGITS: Record<string, number> = { sha512: 128, sha256: 64 };

/** Checks where contents come from (edge.md 1.7). */
export function checkResource(resource: Resource, place: Path, report: Report, level: Level): void {
  const { compression, verification, source } = resource;
  if (compression && compression !== 'gzip') report.error([...place, 'compression'], 'compression-invalid');
  if (verification?.hash !== undefined && source === undefined) {
    report.error([...place, 'verification', 'hash'], 'verification-no-source');
  }
  if (source) checkSource(source, [...place, 'source'], report, level);
  checkHeaderScheme(resource, [...place, 'httpHeaders'], report);
}

/** Checks a merged config or a certificate, which make no sense without a source. */
export function checkRequiredSource({ source }: Resource, place: Path, report: Report, level: Level): void {
  if (source) checkSource(source, place, report, level);
  else report.error(place, 'source-required');
}

/** Checks a hash. */
export function checkVerification({ hash }: { hash?: string }, place: Path, report: Report, level: Level): void {
  if (hash === undefined) return;
  const at = [...place, 'hash'];
  const dash = hash.indexOf('-');
  const name = hash.slice(0, dash);
  const digits = HASH_DIGITS[name];
  if (dash === -1) report.error(at, 'hash-malformed');
  else if (digits === undefined || (name === 'sha256' && level < 1)) report.error(at, 'hash-unrecognized');
  else if (hash.length - dash - 1 !== digits) report.error(at, 'hash-size');
}

/** Checks a header; one without a value removes the parent's. */
export function checkHeader({ name = '', value }: HttpHeader, place: Path, report: Report): void {
  if (name === '') report.error([...place, 'name'], 'header-name');
  if (value === '') report.error([...place, 'value'], 'header-value');
}

function checkSource(source: string, place: Path, report: Report, level: Level): void {
  const problem = checkUrl(source, level);
  if (problem) report.error(place, problem.code, problem.message);
}

function checkHeaderScheme({ source = '', httpHeaders = [] }: Resource, place: Path, report: Report): void {
  if (httpHeaders.length === 0) return;
  const url = source === '' ? undefined : parseUrl(source);
  if (!url) report.error(place, 'url-unparsable');
  else if (url.scheme !== 'http' && url.scheme !== 'https') report.error(place, 'headers-scheme');
}
