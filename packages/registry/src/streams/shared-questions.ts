interface Asked<T> {
  current: Promise<T>;
  next?: Promise<T>;
}

/**
 * Asks once for all who want to know the same. Nobody gets an answer to a question that was put before he asked: what has
 * happened by then is in the answer. So those who come while a question is out wait for the next one, together.
 */
export class SharedQuestions<T> {
  readonly #asked = new Map<string, Asked<T>>();

  ask(key: string, question: () => Promise<T>): Promise<T> {
    const asked = this.#asked.get(key);
    if (!asked) return this.#put(key, question);
    asked.next ??= asked.current.catch(() => undefined).then(() => this.#put(key, question));
    return asked.next;
  }

  #put(key: string, question: () => Promise<T>): Promise<T> {
    const asked: Asked<T> = { current: question() };
    this.#asked.set(key, asked);
    const end = () => {
      if (!asked.next) this.#asked.delete(key);
    };
    asked.current.then(end, end);
    return asked.current;
  }
}
