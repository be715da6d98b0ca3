import { ApiError, badRequest } from '@longshore/kube';

/** Where a list goes on. */
export interface Continuation {
  /** The revision that all pages show; undefined when that one is forgotten and the rest is taken as it is now. */
  revision: number | undefined;
  /** The last key that was looked at, without the prefix of the list. */
  after: string;
}

/** The form of Kubernetes' own tokens; opaque to clients. */
const TOKEN_VERSION = 'meta.k8s.io/v1';
/** Of a list that goes on though its revision is forgotten. */
const INCONSISTENT = -1;
const MAX_TOKEN_BYTES = 4096;

/** The token by which a client asks for the rest of a list. */
export function formatContinue({ revision = INCONSISTENT, after }: Continuation): string {
  const token = { v: TOKEN_VERSION, rv: revision, start: `${after}\0` };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** Errors: `BadRequest` for what this server never gave out. */
export function parseContinue(text: string): Continuation {
  const invalid = (why: string) => badRequest(`continue key is not valid: ${why}`);
  if (text.length > MAX_TOKEN_BYTES) throw invalid('too long');
  let token: unknown;
  try {
    token = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    throw invalid('cannot be decoded');
  }
  const { v, rv, start } = (token ?? {}) as { v?: unknown; rv?: unknown; start?: unknown };
  if (v !== TOKEN_VERSION) throw invalid('server does not recognize this encoded version');
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || (rv < 1 && rv !== INCONSISTENT)) {
    throw invalid('incorrect encoded start resourceVersion');
  }
  if (typeof start !== 'string' || !start.endsWith('\0')) throw invalid('encoded start key empty or incomplete');
  return { revision: rv === INCONSISTENT ? undefined : rv, after: start.slice(0, -1) };
}

/** 410: the pages that came show a state that is forgotten. The answer holds a token for the rest as it is now. */
export class ContinueExpired extends ApiError {
  constructor(private readonly token: string) {
    super(
      'Expired',
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
        'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
        'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
        'deleted between the time the first chunk was returned and now may show up in the list.',
    );
  }

  override toStatus() {
    return { ...super.toStatus(), metadata: { continue: this.token } };
  }
}
