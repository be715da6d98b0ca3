import { resetTreePeaks, treeMemory } from './process-tree.js';

const intervalMilliseconds = 50;

/** Follows the memory of a process tree and keeps the peak. */
export class MemoryWatch {
  private readonly timer: NodeJS.Timeout;
  private highest = 0;

  constructor(private readonly pid: number) {
    this.timer = setInterval(() => this.sample(), intervalMilliseconds);
  }

  /** Forgets the peak so far. */
  reset(): void {
    resetTreePeaks(this.pid);
    this.highest = 0;
  }

  /**
   * Bytes: the highest sum over all processes since the last reset, or the peak of one process as the kernel kept it,
   * which also sees what lies between two samples.
   */
  peak(): number {
    this.sample();
    return this.highest;
  }

  end(): void {
    clearInterval(this.timer);
  }

  private sample(): void {
    const { resident, largestPeak } = treeMemory(this.pid);
    this.highest = Math.max(this.highest, resident, largestPeak);
  }
}
