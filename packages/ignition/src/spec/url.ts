import { CATALOGUE, type Code } from '../source/catalogue.js';
import type { Level } from '../schema/field.js';
import { DataUrlError, decodeDataUrl } from './data-url.js';

/** Why a URL is no source of an Ignition config. */
export interface UrlProblem {
  code: Code;
  message: string;
}

/** What a URL begins with, read as the reference's language does; undefined when it cannot be parsed. */
export interface ParsedUrl {
  scheme: string;
  /** Everything between the scheme and the query when that does not begin with a slash. */
  opaque: string;
  query: string;
}

const HEX = /%(?![0-9a-fA-F]{2})/;

const CONTROL = /[\x00-\x1f\x7f]/;
const USER = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;
/** Characters of ASCII that stand in no host name, nor escaped but for the percent sign itself. */
const BAD_HOST = /[ \\^`{|}]|%(?!25)[0-7]/;

/** Takes a URL apart without resolving anything. */
export function parseUrl(text: string): ParsedUrl | undefined {
  const [withoutFragment = '', fragment] = cut(text, '#');
  if (CONTROL.test(withoutFragment)) return undefined;
  if (fragment !== undefined && HEX.test(fragment)) return undefined;
  const scheme = /^[A-Za-z][A-Za-z0-9+\-.]*(?=:)/.exec(withoutFragment)?.[0] ?? '';
  if (scheme === '' && /^[^/?]*:/.test(withoutFragment)) return undefined;
  const rest = scheme === '' ? withoutFragment : withoutFragment.slice(scheme.length + 1);
  const [hierarchy = '', query = ''] = cut(rest, '?');
  const lower = scheme.toLowerCase();
  if (!hierarchy.startsWith('/')) {
    if (lower === '' && HEX.test(hierarchy)) return undefined;
    return { scheme: lower, opaque: hierarchy, query };
  }
  if (HEX.test(hierarchy) || (hierarchy.startsWith('//') && !validAuthority(hierarchy.slice(2)))) return undefined;
  return { scheme: lower, opaque: '', query };
}

/** Checks a source (edge.md 1.7, row URL). */
export function checkUrl(text: string, level: Level): UrlProblem | undefined {
  const url = parseUrl(text);
  if (!url) return problem('url-unparsable');
  switch (url.scheme) {
    case 'http':
    case 'https':
    case 'tftp':
      return undefined;
    case 'gs':
      return level >= 2 ? undefined : problem('url-scheme');
    case 's3':
      return checkVersionId(url);
    case 'arn':
      return level >= 4 ? checkArn(url) : problem('url-scheme');
    case 'data':
      return checkDataUrl(text);
    default:
      return problem('url-scheme');
  }
}

function checkVersionId({ query }: ParsedUrl): UrlProblem | undefined {
  const given = query.split('&').find((pair) => cut(pair, '=')[0] === 'versionId');
  if (given === undefined) return undefined;
  return cut(given, '=')[1] ? undefined : problem('s3-version-id');
}

/** `arn:PARTITION:s3:REGION:ACCOUNT:RESOURCE` with a key behind a bucket or an access point. */
function checkArn(url: ParsedUrl): UrlProblem | undefined {
  const parts = `arn:${url.opaque}`.split(':');
  const resource = parts.slice(5).join(':');
  if (parts.length < 6 || parts[2] !== 's3') return problem('s3-arn');
  const slashes = url.opaque.split('/').length;
  if (slashes < (resource.startsWith('accesspoint/') ? 3 : 2)) return problem('s3-arn');
  return checkVersionId(url);
}

function checkDataUrl(text: string): UrlProblem | undefined {
  try {
    decodeDataUrl(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof DataUrlError)) throw error;
    return { code: 'data-url-invalid', message: error.message };
  }
}

function validAuthority(rest: string): boolean {
  const authority = /^[^/]*/.exec(rest)?.[0] ?? '';
  const at = authority.lastIndexOf('@');
  return USER.test(authority.slice(0, Math.max(at, 0))) && validHost(authority.slice(at + 1));
}

/** The port stands behind the bracket that closes an IPv6 address, else behind the last colon. */
function validHost(host: string): boolean {
  const address = host.startsWith('[') ? host.lastIndexOf(']') + 1 : host.lastIndexOf(':');
  if (host.startsWith('[') && address === 0) return false;
  const port = address === -1 ? '' : host.slice(address);
  return /^(:[0-9]*)?$/.test(port) && !BAD_HOST.test(host);
}

function problem(code: Code): UrlProblem {
  return { code, message: CATALOGUE[code] };
}

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
