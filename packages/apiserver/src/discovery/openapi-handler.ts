import { notAcceptable } from '@longshore/kube';
import { OpenApiDocuments, type OpenApiDocument } from '../openapi/documents.js';
import type { Exchange } from '../request/exchange.js';
import { parseAccept } from '../request/media-type.js';
import type { Resources } from '../resources/resources.js';

/** The OpenAPI documents of the resources that are served now. */
export class OpenApiEndpoints {
  private readonly documents: OpenApiDocuments;
  /** Of the resources, when the documents were made. */
  private generation = -1;

  constructor(
    private readonly resources: Resources,
    version: string,
  ) {
    this.documents = new OpenApiDocuments({ title: 'Kubernetes', version });
  }

  /** Answers `/openapi/v2`, `/openapi/v3` and what is below the latter. Resolves with false for other paths. */
  async answer(exchange: Exchange): Promise<boolean> {
    const { path } = exchange.info;
    if (!path.startsWith('/openapi/v')) return false;
    if (this.generation !== this.resources.generation) {
      this.documents.setDefinitions([...this.resources.all()].map(({ definition }) => definition));
      this.generation = this.resources.generation;
    }
    if (path === '/openapi/v2') await this.answerWhole(exchange);
    else if (path === '/openapi/v3') await send(exchange, this.documents.index());
    else return this.answerVersion(exchange, path.slice('/openapi/v3/'.length));
    return true;
  }

  private answerWhole(exchange: Exchange): Promise<void> {
    const asked = parseAccept(exchange.header('accept') ?? '').map(({ type }) => PROTOBUF_TYPES[type] ?? type);
    const known = asked.find((type) => TYPES.has(type) || type === PROTOBUF);
    if (known === PROTOBUF) return sendAs(exchange, this.documents.v2Protobuf(), PROTOBUF);
    return send(exchange, this.documents.v2());
  }

  private async answerVersion(exchange: Exchange, path: string): Promise<boolean> {
    const document = exchange.info.path.startsWith('/openapi/v3/') ? this.documents.v3(path) : undefined;
    if (document === undefined) return false;
    const hash = exchange.query.get('hash');
    if (hash === null || hash === '') await send(exchange, document);
    else if (hash === document.hash)
      await send(exchange, document, ['Expires', new Date(Date.now() + YEAR_MS).toUTCString()]);
    else await exchange.send(301, 'text/plain', '', ['Location', `/openapi/v3/${path}?hash=${document.hash}`]);
    return true;
  }
}

const YEAR_MS = 365 * 24 * 3600 * 1000;
/** The type of the answer, and the two spellings by which clients ask for it. */
const PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const PROTOBUF_TYPES: Record<string, string> = {
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf': PROTOBUF,
};
const TYPES = new Set(['application/json', 'application/*', '*/*']);

/** Errors: `NotAcceptable` to those who do not want JSON. */
async function send(exchange: Exchange, document: OpenApiDocument, more: string[] = []): Promise<void> {
  const accept = exchange.header('accept') ?? '';
  if (accept !== '' && !parseAccept(accept).some(({ type }) => TYPES.has(type))) {
    throw notAcceptable('only the following media types are accepted: application/json');
  }
  await sendAs(exchange, document, 'application/json', more);
}

async function sendAs(
  exchange: Exchange,
  { body, hash }: OpenApiDocument,
  type: string,
  more: string[] = [],
): Promise<void> {
  const etag = `"${hash}"`;
  const headers = ['ETag', etag, 'Vary', 'Accept', ...more];
  if (exchange.header('if-none-match') === etag) await exchange.send(304, type, '', headers);
  else await exchange.send(200, type, body, headers);
}
