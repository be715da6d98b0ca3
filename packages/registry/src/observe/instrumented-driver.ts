import { StorageError } from '@longshore/storage';
import type {
  Durability,
  MoveOptions,
  FileInfo,
  FileReader,
  FileWriter,
  ListOptions,
  ListPage,
  StorageDriver,
  StorageErrorCode,
} from '@longshore/storage';
import type { FailureMeter, Metrics, StorageMeter } from './metrics.js';

/**
 * The same driver with its calls measured (reference registry 7.1). Chunks of readers and writers and the synchronous
 * calls are too many and too short to be timed: of them only failures are counted. What the driver lacks stays absent.
 */
export function instrumentDriver(driver: StorageDriver, metrics: Metrics): StorageDriver {
  return new InstrumentedDriver(driver, metersOf(driver.name, metrics));
}

type Meters = ReturnType<typeof metersOf>;

function metersOf(driver: string, metrics: Metrics) {
  const call = (name: string, action?: string) => metrics.storage(`StorageDriver.${name}`, driver, action);
  return {
    stat: call('Stat', 'Stat'),
    get: call('Get', 'GetContent'),
    put: call('Put', 'PutContent'),
    open: call('Open', 'Reader'),
    writer: call('Writer', 'Writer'),
    move: call('Move', 'Move'),
    delete: call('Delete', 'Delete'),
    list: call('List', 'List'),
    touch: call('Touch'),
    redirectUrl: call('RedirectURL', 'RedirectURL'),
    read: metrics.storageFailures('ReadCloser.Read'),
    closeReader: metrics.storage('ReadCloser.Close'),
    write: metrics.storageFailures('FileWriter.Write'),
    sync: metrics.storage('FileWriter.Sync'),
    closeWriter: metrics.storage('FileWriter.Close'),
  };
}

class InstrumentedDriver implements StorageDriver {
  readonly name: string;
  readonly statNow?: (path: string) => FileInfo | undefined;
  readonly getNow?: (path: string, limit?: number) => Buffer | undefined;
  readonly redirectUrl?: NonNullable<StorageDriver['redirectUrl']>;

  constructor(
    private readonly driver: StorageDriver,
    private readonly meters: Meters,
  ) {
    this.name = driver.name;
    if (driver.statNow !== undefined) this.statNow = countedNow(driver.statNow.bind(driver), meters.stat);
    if (driver.getNow !== undefined) this.getNow = countedNow(driver.getNow.bind(driver), meters.get);
    const redirectUrl = driver.redirectUrl?.bind(driver);
    if (redirectUrl !== undefined) {
      this.redirectUrl = (path, options) => timed(meters.redirectUrl, () => redirectUrl(path, options));
    }
  }

  stat(path: string): Promise<FileInfo> {
    return timed(this.meters.stat, () => this.driver.stat(path));
  }

  get(path: string, limit?: number): Promise<Buffer> {
    return timed(this.meters.get, () => this.driver.get(path, limit));
  }

  put(path: string, content: Uint8Array, options?: Durability): Promise<void> {
    return timed(this.meters.put, () => this.driver.put(path, content, options));
  }

  async open(path: string): Promise<FileReader> {
    return new InstrumentedReader(await timed(this.meters.open, () => this.driver.open(path)), this.meters);
  }

  async writer(path: string, options?: { append?: boolean }): Promise<FileWriter> {
    return new InstrumentedWriter(
      await timed(this.meters.writer, () => this.driver.writer(path, options)),
      this.meters,
    );
  }

  move(source: string, target: string, options?: MoveOptions): Promise<void> {
    return timed(this.meters.move, () => this.driver.move(source, target, options));
  }

  delete(path: string): Promise<void> {
    return timed(this.meters.delete, () => this.driver.delete(path));
  }

  list(path: string, options?: ListOptions): Promise<ListPage> {
    return timed(this.meters.list, () => this.driver.list(path, options));
  }

  touch(path: string): Promise<void> {
    return timed(this.meters.touch, () => this.driver.touch(path));
  }
}

class InstrumentedReader implements FileReader {
  constructor(
    private readonly reader: FileReader,
    private readonly meters: Meters,
  ) {}

  get size(): number {
    return this.reader.size;
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return counted(this.meters.read, () => this.reader.read(target, position));
  }

  close(): Promise<void> {
    return timed(this.meters.closeReader, () => this.reader.close());
  }
}

class InstrumentedWriter implements FileWriter {
  constructor(
    private readonly writer: FileWriter,
    private readonly meters: Meters,
  ) {}

  get size(): number {
    return this.writer.size;
  }

  write(chunk: Uint8Array): Promise<void> {
    return counted(this.meters.write, () => this.writer.write(chunk));
  }

  sync(): Promise<void> {
    return timed(this.meters.sync, () => this.writer.sync());
  }

  close(): Promise<void> {
    return timed(this.meters.closeWriter, () => this.writer.close());
  }
}

async function timed<Result>(meter: StorageMeter, call: () => Promise<Result>): Promise<Result> {
  const start = performance.now();
  try {
    return await call();
  } catch (error) {
    meter.failed(codeOf(error));
    throw error;
  } finally {
    meter.observe((performance.now() - start) / 1000);
  }
}

async function counted<Result>(meter: FailureMeter, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    meter.failed(codeOf(error));
    throw error;
  }
}

function countedNow<Arguments extends unknown[], Result>(
  call: (...values: Arguments) => Result,
  meter: FailureMeter,
): (...values: Arguments) => Result {
  return (...values) => {
    try {
      return call(...values);
    } catch (error) {
      meter.failed(codeOf(error));
      throw error;
    }
  };
}

function codeOf(error: unknown): StorageErrorCode {
  return error instanceof StorageError ? error.code : 'UNKNOWN';
}
