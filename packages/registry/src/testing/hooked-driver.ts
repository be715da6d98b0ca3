import type { FileWriter, StorageDriver } from '@longshore/storage';

/** A call of a driver, or of one of its writers (`write`, `sync`, `close`), by its paths. */
export interface DriverCall {
  name: string;
  path: string;
  target?: string;
}

/** Runs before each call, which waits for it; what it throws is the call's failure. */
export type Hook = (call: DriverCall) => void | Promise<void>;

/** A driver whose calls can be counted, held up or made to fail. It answers nothing at once, so that no look is missed. */
export function hookedDriver(driver: StorageDriver, hook: Hook): StorageDriver {
  return hooked(driver, (name, [path, target]) => {
    if (name === 'statNow' || name === 'getNow') return undefined;
    return async (call) => {
      await hook({ name, path: String(path), ...(typeof target === 'string' && { target }) });
      const answer = await call();
      return name === 'writer' ? hookedWriter(answer as FileWriter, String(path), hook) : answer;
    };
  });
}

function hookedWriter(writer: FileWriter, path: string, hook: Hook): FileWriter {
  return hooked(writer, (name) => async (call) => {
    await hook({ name, path });
    return call();
  });
}

type Around = (call: () => unknown) => Promise<unknown>;

/** Puts `around` before each method; where it is undefined, the method is absent. */
function hooked<T extends object>(object: T, around: (name: string, values: unknown[]) => Around | undefined): T {
  return new Proxy(object, {
    get(target, key): unknown {
      const member: unknown = Reflect.get(target, key, target);
      const name = String(key);
      if (typeof member !== 'function') return member;
      if (around(name, []) === undefined) return undefined;
      return (...values: unknown[]) => around(name, values)?.(() => Reflect.apply(member, target, values) as unknown);
    },
  });
}
