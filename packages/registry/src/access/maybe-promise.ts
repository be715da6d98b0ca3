/** A value that is there, or will be: what is cached is answered without waiting. */
export type MaybePromise<T> = T | Promise<T>;

/** Applies `next` at once when the value is there. */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** All of them; at once when all are there. */
export function allOfThem<T>(values: readonly MaybePromise<T>[]): MaybePromise<T[]> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as T[]);
}
