/**
 * Why an image cannot be looked into. `USAGE` called wrongly; `NOT_FOUND` it is not there; `INVALID` it is not what it should be,
 * or does what no honest image does; `TOO_LARGE` more than is read; `IO` the file system fails.
 */
export class ImageError extends Error {
  override readonly name = 'ImageError';

  constructor(
    readonly code: 'USAGE' | 'NOT_FOUND' | 'INVALID' | 'TOO_LARGE' | 'IO',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
