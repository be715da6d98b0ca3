import { createHmac, timingSafeEqual } from 'node:crypto';

/** What the `_state` parameter of an upload's Location says (reference registry 1.5). */
export interface UploadState {
  repository: string;
  id: string;
  /** Bytes received so far. */
  offset: number;
}

/** Writes and checks `_state`: an HMAC over the state, so that any worker or replica with the secret can go on. */
export class UploadStates {
  constructor(private readonly secret: Buffer) {}

  /** The `_state` value, URL-safe. */
  seal(state: UploadState): string {
    const body = Buffer.from(JSON.stringify([state.repository, state.id, state.offset]));
    return Buffer.concat([this.mac(body), body]).toString('base64url');
  }

  /** The state, or undefined when the value is not ours or belongs to another upload. */
  open(text: string, repository: string, id: string): UploadState | undefined {
    const sealed = Buffer.from(text, 'base64url');
    const body = sealed.subarray(32);
    if (body.length === 0 || !timingSafeEqual(sealed.subarray(0, 32), this.mac(body))) return undefined;
    const [name, uuid, offset] = JSON.parse(body.toString()) as [string, string, number];
    return name === repository && uuid === id ? { repository, id, offset } : undefined;
  }

  private mac(body: Buffer): Buffer {
    return createHmac('sha256', this.secret).update(body).digest();
  }
}
