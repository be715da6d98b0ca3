/**
 * What the registry asks of the place where bytes live. Every driver passes `conformance.ts`.
 *
 * Paths are absolute, slash-separated and already canonical (`/docker/registry/v2/…`): no `.`/`..` component, no empty
 * component, no NUL; each component at most 255 bytes of `[A-Za-z0-9._:+=@-]`. A driver refuses anything else with
 * INVALID_PATH. `/` is the root folder: it can be described and listed, but not written, moved, touched or deleted.
 */
export interface StorageDriver {
  /** The driver's name as it stands in the configuration: `filesystem`, `inmemory`, … */
  readonly name: string;

  /** Describes a file or folder. Errors: PATH_NOT_FOUND, INVALID_PATH. */
  stat(path: string): Promise<FileInfo>;

  /**
   * Answers the same question as `stat` without leaving the event loop; undefined when there is nothing at `path`.
   * Only drivers whose metadata is one local system call away have it; callers fall back to `stat`.
   */
  statNow?(path: string): FileInfo | undefined;

  /**
   * Reads a whole small file. Errors: PATH_NOT_FOUND (also for a folder); FILE_TOO_LARGE when it holds more than `limit`
   * bytes.
   */
  get(path: string, limit?: number): Promise<Buffer>;

  /** As `statNow` is to `stat`: the whole of a small local file at once; undefined when there is no file at `path`. */
  getNow?(path: string, limit?: number): Buffer | undefined;

  /** Opens a file for ranged reads into buffers that the caller owns. Errors: PATH_NOT_FOUND (also for a folder). */
  open(path: string): Promise<FileReader>;

  /**
   * Writes a whole small file, creating folders as needed, replacing what was there, in one atomic step. When the
   * promise resolves the content survives a power cut, unless `durable` is false.
   */
  put(path: string, content: Uint8Array, options?: PutOptions): Promise<void>;

  /**
   * Opens a file for sequential writing. With `append` it goes on at the present end (an absent file starts empty);
   * without, the file starts empty. What is written becomes visible at `path` as it is written: callers write to a
   * private path and `move`.
   */
  writer(path: string, options?: { append?: boolean }): Promise<FileWriter>;

  /**
   * Renames a file or folder in one atomic step, creating the target's folders, replacing a target file. Of two
   * concurrent moves of one source, exactly one succeeds and the other gets PATH_NOT_FOUND. A target folder that is not
   * empty is ALREADY_EXISTS, a target below the source INVALID_PATH. Survives a power cut unless `durable` is false.
   */
  move(source: string, target: string, options?: MoveOptions): Promise<void>;

  /** Deletes a file, or a folder with everything below it. Errors: PATH_NOT_FOUND. */
  delete(path: string): Promise<void>;

  /**
   * Sets the modification time of a file to now, unless the file is gone (PATH_NOT_FOUND). Atomic with respect to
   * `move`: after a `move` away, `touch` of the old path fails; a `touch` that succeeded before shows in the moved file.
   */
  touch(path: string): Promise<void>;

  /**
   * Lists the direct children of a folder in ascending order of the UTF-16 code units of their names. `after` names a
   * child (which need not exist) behind which to go on; `limit` bounds the page. Errors: PATH_NOT_FOUND.
   */
  list(path: string, options?: ListOptions): Promise<ListPage>;

  /** A URL from which a client may fetch the file directly, or undefined when there is none. */
  redirectUrl?(path: string, options: { method: 'GET' | 'HEAD' }): Promise<string | undefined>;
}

export interface Durability {
  /** Wait until the change survives a power cut. Default true. */
  durable?: boolean;
}

export interface MoveOptions extends Durability {
  /**
   * The caller deletes the source's folder next. Then only the new name is made to survive a power cut: where the file
   * system does not move in one step (all with a journal do), the old one may come back beside it. Default false.
   */
  sourceGoes?: boolean;
}

export interface PutOptions extends Durability {
  /** Readable by this server's user alone, where the back end knows of users: for secrets. Default false. */
  private?: boolean;
}

export interface FileInfo {
  kind: 'file' | 'folder';
  /** Bytes; 0 for a folder. */
  size: number;
  /** Milliseconds since the epoch, with whatever fraction the back end keeps. */
  modified: number;
  /** Differs whenever a file of this path was replaced (inode, generation, ETag …), as far as the back end can tell. */
  identity: string;
}

export interface FileReader {
  /** Bytes in the file when it was opened. */
  readonly size: number;
  /**
   * Reads at `position` into `target`; resolves with the number of bytes read, which may be fewer than fit; 0 at the end.
   * Errors: INVALID_OFFSET.
   */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Releases the handle. May be called again; later calls do nothing. */
  close(): Promise<void>;
}

export interface FileWriter {
  /** Bytes in the file, counting what earlier writers left there. */
  readonly size: number;
  /**
   * Writes all of `chunk` at the end; the caller may reuse its memory once the promise resolves. One call at a time. When
   * it fails (DEVICE_OUT_OF_SPACE, FILE_TOO_LARGE), `size` is what it was before.
   */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Makes the bytes that were written survive a power cut. The name of a file that this writer made does when a durable
   * `move` has followed.
   */
  sync(): Promise<void>;
  /** Releases the handle, keeping what was written. May be called again; later calls do nothing. */
  close(): Promise<void>;
}

export interface ListOptions {
  after?: string;
  limit?: number;
}

export interface ListPage {
  names: string[];
  /** True when more children follow the last name. */
  more: boolean;
}
