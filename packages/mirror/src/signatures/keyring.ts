import type { PublicKey } from 'openpgp';
import { checkSignaturePayload, type SignaturePayload } from './signature-payload.js';
import { SignatureError } from './signature-error.js';
import type { Digest } from '@longshore/oci';

const ARMOR = '-----BEGIN PGP PUBLIC KEY BLOCK-----';
export const LARGEST_KEYRING = 1024 * 1024;
/** What a signature of the form of mirror.md 1.6 needs a hundred times; compressed ones cannot grow beyond. */
const LARGEST_PAYLOAD = 256 * 1024;
const CONFIG = { maxDecompressedMessageSize: LARGEST_PAYLOAD };

/** Public keys, one of which must have signed. */
export class Keyring {
  private constructor(
    /** In messages. */
    readonly name: string,
    readonly keys: readonly PublicKey[],
  ) {}

  /** Reads keys, armored or binary. Errors: SignatureError CONFIG. */
  static async read(name: string, bytes: Uint8Array): Promise<Keyring> {
    if (bytes.byteLength > LARGEST_KEYRING) throw new SignatureError('CONFIG', `${name}: is too large for a keyring`);
    const text = Buffer.from(bytes).toString('latin1');
    const { readKeys } = await import('openpgp');
    try {
      const keys = await (text.includes(ARMOR) ? readKeys({ armoredKeys: text }) : readKeys({ binaryKeys: bytes }));
      if (keys.some((key) => key.isPrivate())) throw new Error('it has a private key, which belongs nowhere near here');
      return new Keyring(name, keys);
    } catch (error) {
      throw new SignatureError('CONFIG', `${name}: is no keyring: ${(error as Error).message}`, { cause: error });
    }
  }

  /**
   * What one of the keys has signed, which must be of the digest. Errors: SignatureError.
   *
   * @param message an OpenPGP signed message, binary
   * @param now the time at which keys and signatures must be good
   */
  async check(message: Uint8Array, wanted: Digest, now: Date): Promise<SignaturePayload> {
    const content = await this.#signedContent(message, now);
    return checkSignaturePayload(content, wanted);
  }

  async #signedContent(message: Uint8Array, now: Date): Promise<Uint8Array> {
    const { readMessage, verify } = await import('openpgp');
    let result;
    try {
      const parsed = await readMessage({ binaryMessage: message, config: CONFIG });
      result = await verify({
        message: parsed,
        verificationKeys: [...this.keys],
        format: 'binary',
        date: now,
        config: CONFIG,
      });
    } catch (error) {
      throw new SignatureError('INVALID', `the signature cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
    const failures: string[] = [];
    for (const signature of result.signatures) {
      try {
        await signature.verified;
        const { packets } = await signature.signature;
        const expires = packets[0]?.getExpirationTime();
        if (!(expires instanceof Date) || expires > now) return result.data as Uint8Array;
        throw new SignatureError('EXPIRED', `the signature was good until ${expires.toISOString()}`);
      } catch (error) {
        if (error instanceof SignatureError) throw error;
        failures.push((error as Error).message);
      }
    }
    throw new SignatureError(
      'BAD',
      `no key of ${this.name} has signed this: ${failures.join('; ') || 'it is not signed'}`,
    );
  }
}
