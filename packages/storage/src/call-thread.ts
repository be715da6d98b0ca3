import { Worker, type WorkerOptions } from 'node:worker_threads';

interface Waiting<Answer> {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

/** A thread that answers calls in their order. It keeps the process alive only while a call waits for its answer. */
export class CallThread<Request, Answer> {
  private readonly worker: Worker;
  private readonly waiting: Waiting<Answer>[] = [];
  private end: Error | undefined;

  /** `entry`: the path of the thread's module. */
  constructor(entry: string, options: WorkerOptions & { name: string }) {
    this.worker = new Worker(entry, options);
    this.worker.unref();
    this.worker.on('message', (answer: Answer) => this.answered(answer));
    this.worker.on('error', (error) => this.ended(error));
    this.worker.on('exit', () => this.ended(new Error(`the ${options.name} thread ended`)));
  }

  get isAlive(): boolean {
    return this.end === undefined;
  }

  /** Resolves with the answer. Rejects with why the thread ended, if it has or does before it answers. */
  call(request: Request): Promise<Answer> {
    if (this.end !== undefined) return Promise.reject(this.end);
    return new Promise((resolve, reject) => {
      if (this.waiting.push({ resolve, reject }) === 1) this.worker.ref();
      this.worker.postMessage(request);
    });
  }

  /** For what gets no answer. */
  tell(request: Request): void {
    this.worker.postMessage(request);
  }

  async terminate(): Promise<void> {
    await this.worker.terminate();
  }

  private answered(answer: Answer): void {
    this.waiting.shift()?.resolve(answer);
    if (this.waiting.length === 0) this.worker.unref();
  }

  private ended(error: Error): void {
    this.end ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }
}
