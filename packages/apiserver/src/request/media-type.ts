/** One entry of an Accept header. */
export interface MediaType {
  /** `application/json`, in lower case. */
  type: string;
  parameters: Readonly<Record<string, string>>;
  quality: number;
}

/** More entries than these are not read. */
const MAX_ENTRIES = 32;

/** Entries of an Accept header, best first; those of equal quality as they stand. */
export function parseAccept(header: string): MediaType[] {
  const entries = header.split(',', MAX_ENTRIES).flatMap((text) => parseMediaType(text) ?? []);
  return entries.filter(({ quality }) => quality > 0).sort((a, b) => b.quality - a.quality);
}

/** `application/json;as=Table;v=v1`; undefined without a type. */
export function parseMediaType(text: string): MediaType | undefined {
  const [type = '', ...rest] = text.split(';');
  if (type.trim() === '') return undefined;
  const parameters: Record<string, string> = {};
  let quality = 1;
  for (const parameter of rest) {
    const equals = parameter.indexOf('=');
    if (equals < 0) continue;
    const name = parameter.slice(0, equals).trim().toLowerCase();
    const value = parameter.slice(equals + 1).trim();
    if (name === 'q') quality = Number(value) || 0;
    else if (name !== '__proto__') parameters[name] = value;
  }
  return { type: type.trim().toLowerCase(), parameters, quality };
}

export type Encoding = 'json' | 'yaml';

/** How an answer is to look. */
export interface Wanted {
  encoding: Encoding;
  /** The whole objects, rows of a table, or only their metadata (meta.k8s.io). */
  as: 'objects' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  /** Of `meta.k8s.io`, for the two latter. */
  metaVersion: string;
}

export const JSON_OBJECTS: Wanted = { encoding: 'json', as: 'objects', metaVersion: 'v1' };
const ENCODINGS: ReadonlyMap<string, Encoding> = new Map<string, Encoding>([
  ['application/json', 'json'],
  ['application/yaml', 'yaml'],
  ['application/*', 'json'],
  ['*/*', 'json'],
]);
const FORMS = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);

/** The first form of the Accept header that this server has; undefined when it has none of them: 406. */
export function negotiate(accept: string | undefined): Wanted | undefined {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return JSON_OBJECTS;
  for (const { type, parameters } of parseAccept(accept)) {
    const encoding = ENCODINGS.get(type);
    const { as, g: group = '', v: metaVersion = 'v1' } = parameters;
    if (encoding === undefined) continue;
    if (as === undefined) return { ...JSON_OBJECTS, encoding };
    if (group === 'meta.k8s.io' && (metaVersion === 'v1' || metaVersion === 'v1beta1') && FORMS.has(as)) {
      return { encoding, as: as as Wanted['as'], metaVersion };
    }
  }
  return undefined;
}

/** What a 406 tells. */
export const ACCEPTED = 'only the following media types are accepted: application/json, application/yaml';
