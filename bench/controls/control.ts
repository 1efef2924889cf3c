/** What a control measures: the roof that the broker's figures are held against. */
export interface ControlOptions {
  readonly seconds: number;
  /** Bytes of one write, or of one sendfile call. */
  readonly blockBytes: number;
  /** Of a control that answers requests: connections that each have one in flight; one when absent. */
  readonly connections?: number;
}

export interface ControlFigures {
  /** 10^6 bytes a second, by the wall. */
  readonly megabytesPerSecond: number;
  /** User and system time of the working (sending, writing) process for 10^9 bytes. */
  readonly cpuSecondsPerGigabyte: number;
}

/** Wall and CPU time of this process, of the parts between `start()` and `stop()`. */
export class Stopwatch {
  #wallMs = 0;
  #cpuMicroseconds = 0;
  #startedMs = 0;
  #startedCpu = process.cpuUsage();

  start(): void {
    this.#startedCpu = process.cpuUsage();
    this.#startedMs = performance.now();
  }

  stop(): void {
    this.#wallMs += performance.now() - this.#startedMs;
    const { user, system } = process.cpuUsage(this.#startedCpu);
    this.#cpuMicroseconds += user + system;
  }

  get seconds(): number {
    return this.#wallMs / 1000;
  }

  figures(bytes: number): ControlFigures {
    return {
      megabytesPerSecond: bytes / 1e6 / this.seconds,
      cpuSecondsPerGigabyte: this.#cpuMicroseconds / 1e6 / (bytes / 1e9),
    };
  }
}

/** For a control that is run alone: the given block size, or the default, for three seconds. */
export async function printControl(
  name: string,
  run: (options: ControlOptions) => Promise<ControlFigures>,
  blockBytesDefault: number,
): Promise<void> {
  const blockBytes = Number(process.argv[2] ?? blockBytesDefault);
  const { megabytesPerSecond, cpuSecondsPerGigabyte } = await run({ seconds: 3, blockBytes });
  const speed = `${megabytesPerSecond.toFixed(0)} MB/s`;
  console.log(
    `${name}, ${blockBytes / 1024} KiB blocks: ${speed}, ${cpuSecondsPerGigabyte.toFixed(2)} CPU-s/GB`,
  );
}
