import { CopyError, RemoteError } from '@longshore/distribution';
import { MirrorError, SignatureError } from '@longshore/mirror';

/** How commands that copy images end (mirror.md 8.2). */
export const EXIT = {
  failed: 1,
  usage: 2,
  partial: 3,
  verification: 4,
  credentials: 5,
  space: 6,
  interrupted: 130,
} as const;

/** By the error at the root of it. */
export function exitCodeOf(error: unknown): number {
  if ((error as { code?: unknown }).code === 'USAGE') return EXIT.usage;
  if (error instanceof MirrorError && error.code === 'NO_SPACE') return EXIT.space;
  if (error instanceof SignatureError) return EXIT.verification;
  const cause = error instanceof MirrorError ? error.cause : error;
  if (!(cause instanceof RemoteError || cause instanceof CopyError)) return EXIT.failed;
  if (cause.code === 'NO_SPACE') return EXIT.space;
  if (cause.code === 'DIGEST_MISMATCH' || cause.code === 'INCOMPLETE') return EXIT.verification;
  const isAccess = cause.code === 'UNAUTHORIZED' || cause.code === 'WRONG_CREDENTIALS' || cause.code === 'DENIED';
  return isAccess ? EXIT.credentials : EXIT.failed;
}
