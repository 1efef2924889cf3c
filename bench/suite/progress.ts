import type { CliStream } from "../../src/cli/cli-io.ts";

/** What a run says while it goes. Calls come in the order: workload, step, (note), measured or failed, stepDone. */
export interface Progress {
  workload(name: string, index: number, count: number): void;
  /** `subject` is a system or a control. */
  step(subject: string, round: number, rounds: number): void;
  note(message: string): void;
  /** `steal` when the sample was dropped for it. */
  measured(headline: number | undefined, steal: number | null): void;
  failed(message: string): void;
  stepDone(expectedSeconds: number): void;
  /** Leaves the terminal as it was. */
  end(): void;
}

const BAR_CELLS = 20;
const REDRAW_EVERY_MS = 1_000;

/**
 * On a terminal one line, rewritten in place; elsewhere a plain line for each sample. Failures and dropped samples get a
 * line of their own on both. The time left is the expected one, scaled by how the run went so far.
 */
export class TerminalProgress implements Progress {
  readonly #stream: CliStream;
  readonly #clockMs: () => number;
  readonly #startedMs: number;
  readonly #expectedSeconds: number;
  #doneSeconds = 0;
  /** `3/10` of the workloads. */
  #place = "";
  #workload = "";
  #round = "";
  #note = "";
  #redraw: ReturnType<typeof setInterval> | null = null;

  constructor(stream: CliStream, expectedSeconds: number, clockMs = () => performance.now()) {
    this.#stream = stream;
    this.#clockMs = clockMs;
    this.#startedMs = clockMs();
    this.#expectedSeconds = expectedSeconds;
    if (stream.isTTY) this.#redraw = setInterval(() => this.#draw(), REDRAW_EVERY_MS);
    this.#redraw?.unref();
  }

  workload(name: string, index: number, count: number): void {
    this.#place = `${index + 1}/${count}`;
    this.#workload = name;
    this.#round = "";
    this.#note = "";
    this.#draw();
  }

  step(subject: string, round: number, rounds: number): void {
    this.#round = `, round ${round + 1}/${rounds}, ${subject}`;
    this.#note = "";
    this.#draw();
  }

  note(message: string): void {
    this.#note = message;
    this.#draw();
  }

  measured(headline: number | undefined, steal: number | null): void {
    const figure = headline === undefined ? "no headline" : headline.toFixed(headline < 10 ? 2 : 0);
    if (steal !== null) this.#line(`${figure}, dropped: ${(steal * 100).toFixed(1)} % steal`);
    else if (!this.#stream.isTTY) this.#line(figure);
  }

  failed(message: string): void {
    this.#line(`failed: ${message}`);
  }

  stepDone(expectedSeconds: number): void {
    this.#doneSeconds += expectedSeconds;
    this.#draw();
  }

  end(): void {
    if (this.#redraw !== null) clearInterval(this.#redraw);
    this.#redraw = null;
    if (this.#stream.isTTY) this.#stream.write(CLEAR_LINE);
  }

  #line(text: string): void {
    if (this.#stream.isTTY) this.#stream.write(CLEAR_LINE);
    this.#stream.write(`${this.#place} ${this.#workload}${this.#round}: ${text}\n`);
    this.#draw();
  }

  #draw(): void {
    if (!this.#stream.isTTY || this.#redraw === null) return;
    const share = Math.min(1, this.#doneSeconds / Math.max(this.#expectedSeconds, 1e-9));
    const elapsedSeconds = (this.#clockMs() - this.#startedMs) / 1000;
    const filled = Math.floor(share * BAR_CELLS);
    const bar = `${"█".repeat(filled)}${"░".repeat(BAR_CELLS - filled)}`;
    const times = `${duration(elapsedSeconds)}, ${duration(this.#secondsLeft(elapsedSeconds))} left`;
    const note = this.#note === "" ? "" : `: ${this.#note}`;
    // What changes comes first: a narrow terminal cuts the end off.
    const text = `${bar} ${times}  ${this.#place}${this.#round}${note}  ${this.#workload}`;
    const columns = this.#stream.columns ?? 80;
    this.#stream.write(`${CLEAR_LINE}${text.replaceAll("\n", " ").slice(0, columns - 1)}`);
  }

  #secondsLeft(elapsedSeconds: number): number {
    const left = Math.max(0, this.#expectedSeconds - this.#doneSeconds);
    return this.#doneSeconds === 0 ? left : left * (elapsedSeconds / this.#doneSeconds);
  }
}

const CLEAR_LINE = "\r\x1b[2K";

/** `45 s`, `3:05` or `1:02:09`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (n: number): string => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
