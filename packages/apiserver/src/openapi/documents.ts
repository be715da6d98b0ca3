import { createHash } from 'node:crypto';
import type { ResourceDefinition } from '../definition.js';
import type { Json } from './components.js';
import { encodeDocument } from './document-protobuf.js';
import { writeDocument, type DocumentInfo } from './document.js';

/** A document as it is sent. */
export interface OpenApiDocument {
  body: Buffer;
  /** Of the content, for the address that the index gives, and for ETag. */
  hash: string;
}

/**
 * The OpenAPI documents of a server: `/openapi/v2`, the index `/openapi/v3`, and one document for each group and version
 * behind it. Written when first asked for, and again when kinds have changed.
 */
export class OpenApiDocuments {
  private definitions: readonly ResourceDefinition[] = [];
  private readonly byGroupVersion = new Map<string, { of: readonly ResourceDefinition[]; document: OpenApiDocument }>();
  private whole: OpenApiDocument | undefined;
  private wholeProtobuf: OpenApiDocument | undefined;
  private indexDocument: OpenApiDocument | undefined;

  constructor(private readonly info: DocumentInfo) {}

  /** Groups and versions whose definitions are the same ones keep their documents. */
  setDefinitions(definitions: readonly ResourceDefinition[]): void {
    this.definitions = definitions;
    this.whole = undefined;
    this.wholeProtobuf = undefined;
    this.indexDocument = undefined;
    const groupVersions = new Set(definitions.map(pathOf));
    for (const path of this.byGroupVersion.keys()) if (!groupVersions.has(path)) this.byGroupVersion.delete(path);
  }

  v2(): OpenApiDocument {
    return (this.whole ??= encode(this.writeWhole()));
  }

  /** The same in protobuf. */
  v2Protobuf(): OpenApiDocument {
    return (this.wholeProtobuf ??= hashed(encodeDocument(this.writeWhole())));
  }

  /** `{"paths": {"apis/apps/v1": {"serverRelativeURL": "/openapi/v3/apis/apps/v1?hash=..."}}}` */
  index(): OpenApiDocument {
    return (this.indexDocument ??= this.writeIndex());
  }

  /** `path`: `api/v1`, `apis/apps/v1`. Undefined when there are no kinds there. */
  v3(path: string): OpenApiDocument | undefined {
    const definitions = this.definitions.filter((definition) => pathOf(definition) === path);
    if (definitions.length === 0) return undefined;
    const known = this.byGroupVersion.get(path);
    if (known && isSame(known.of, definitions)) return known.document;
    const document = encode(writeDocument(definitions, 'v3', this.info));
    this.byGroupVersion.set(path, { of: definitions, document });
    return document;
  }

  private writeWhole(): Json {
    return writeDocument(this.definitions, 'v2', this.info);
  }

  private writeIndex(): OpenApiDocument {
    const paths = [...new Set(this.definitions.map(pathOf))].sort().map((path) => {
      const hash = this.v3(path)?.hash ?? '';
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const;
    });
    return encode({ paths: Object.fromEntries(paths) });
  }
}

function pathOf({ group, version }: ResourceDefinition): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

function isSame(a: readonly ResourceDefinition[], b: readonly ResourceDefinition[]): boolean {
  return a.length === b.length && a.every((definition, at) => definition === b[at]);
}

function encode(document: Record<string, unknown>): OpenApiDocument {
  return hashed(Buffer.from(JSON.stringify(document)));
}

function hashed(body: Buffer): OpenApiDocument {
  return { body, hash: createHash('sha512').update(body).digest('hex').toUpperCase() };
}
