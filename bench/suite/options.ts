import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { usageError } from "../../src/cli/cli-error.ts";
import type { CliIo } from "../../src/cli/cli-io.ts";
import { SYSTEM_NAMES, type SystemName } from "../systems/system.ts";

/** What a run was asked to do. */
export interface SuiteOptions {
  readonly peers: readonly SystemName[];
  /** Parts of names or families; empty: no choice was made. */
  readonly only: readonly string[];
  readonly isFull: boolean;
  /** Null: the default, which a workload that takes minutes may lower. */
  readonly rounds: number | null;
  /** Where nothing was chosen; workloads that take minutes may have fewer. */
  readonly roundsDefault: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** Load for a peer that has just started and compiles as it runs. */
  readonly peerWarmupSeconds: number;
  readonly pinning: "none" | "separate cores";
  /** Share of the machine's time, 0 to 1. */
  readonly stealMax: number;
  /** Folder for the report; null: `bench-results/<time>`. */
  readonly out: string | null;
  /** Folder for the brokers' data, below which a temporary one is made; null: the report's folder. */
  readonly data: string | null;
  readonly compare: string | null;
  /** Compare with this file instead of running anything. */
  readonly with: string | null;
  readonly isList: boolean;
  readonly mayInstall: boolean;
}

export const ROUNDS_DEFAULT = 5;
/** Of the short suite alone, which has to end within ten minutes. */
export const ROUNDS_SHORT = 2;
const ROUNDS_MAX = 100;
const SECONDS_MAX = 3600;
/** The short suite without peers: ten minutes in all. Odradek's threads are warm after this. */
const SHORT = { seconds: 2, warmupSeconds: 2 };
/** With peers, or everything: what they need, and figures to keep. */
const THOROUGH = { seconds: 3, warmupSeconds: 15 };

/** Reads the command line. Null: help was asked for and printed. Throws `CliError` with what to write instead. */
export function parseOptions(words: readonly string[], io: CliIo): SuiteOptions | null {
  const program = describeOptions(io);
  try {
    program.parse([...words], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    throw usageError(error.message.replace(/^error: /, "").replaceAll("\n", " "));
  }
  return resolve(program.opts<RawOptions>());
}

interface RawOptions {
  readonly peers?: readonly SystemName[];
  readonly only?: readonly string[];
  readonly full?: boolean;
  readonly rounds?: number;
  readonly seconds?: number;
  readonly warmup?: number;
  readonly peerWarmup: number;
  readonly pin: "none" | "separate";
  readonly stealMax: number;
  readonly out?: string;
  readonly data?: string;
  readonly compare?: string;
  readonly with?: string;
  readonly list?: boolean;
  readonly install: boolean;
}

function describeOptions(io: CliIo): Command {
  return new Command("npm run bench --")
    .description(
      "Measures Odradek beside its controls and, with --peers, beside other brokers: round by round in one run.",
    )
    .option("--peers <names>", `brokers to measure beside Odradek: ${PEER_NAMES.join(", ")}`, parsePeers)
    .option("--only <part>", "workloads whose name or family has this part; may be given again", collect)
    .option("--full", "every workload, not only the short suite")
    .option(
      "--rounds <n>",
      `rounds of each workload (default: ${ROUNDS_DEFAULT}; ${ROUNDS_SHORT} in the short suite without peers)`,
      wholeRounds,
    )
    .option(
      "--seconds <s>",
      `length of a measured stretch (default: ${SHORT.seconds}, with --peers or --full ${THOROUGH.seconds})`,
      secondsAbove(0),
    )
    .option(
      "--warmup <s>",
      `load on the same topic before it, thrown away (default: ${SHORT.warmupSeconds}, with --peers or --full ${THOROUGH.warmupSeconds})`,
      secondsFrom(0),
    )
    .option("--peer-warmup <s>", "load for Kafka each time that it has started", secondsFrom(0), 60)
    .addOption(
      new Option("--pin <how>", "separate: brokers on core 0, load on core 1")
        .choices(["none", "separate"])
        .default("none"),
    )
    .option("--steal-max <share>", "more steal than this drops a sample; it is tried once more", share, 0.05)
    .option("--out <folder>", "folder for the report (default: bench-results/<time>)")
    .option("--data <folder>", "folder on the disk to measure (default: the report's)")
    .option("--compare <file>", "show what changed since the results.json of an earlier run")
    .option("--with <file>", "with --compare: compare with this results.json, and run nothing")
    .option("--list", "list the workloads and run nothing")
    .option("--no-install", "use only peers that are installed already")
    .helpOption("-h, --help", "print this help")
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: () => undefined, // the thrown error is what gets printed
      getOutHelpWidth: () => io.stdout.columns ?? 100,
    });
}

function resolve(raw: RawOptions): SuiteOptions {
  if (raw.with !== undefined && raw.compare === undefined)
    throw usageError("--with names the newer file of a comparison; name the older one with --compare");
  const { peers = [], only = [], full: isFull = false } = raw;
  if (isFull && only.length > 0) throw usageError("--only searches all workloads already; leave --full out");
  const lengths = isFull || peers.length > 0 ? THOROUGH : SHORT;
  return {
    peers,
    only,
    isFull,
    rounds: raw.rounds ?? null,
    roundsDefault: isFull || peers.length > 0 || only.length > 0 ? ROUNDS_DEFAULT : ROUNDS_SHORT,
    seconds: raw.seconds ?? lengths.seconds,
    warmupSeconds: raw.warmup ?? lengths.warmupSeconds,
    peerWarmupSeconds: raw.peerWarmup,
    pinning: raw.pin === "separate" ? "separate cores" : "none",
    stealMax: raw.stealMax,
    out: raw.out ?? null,
    data: raw.data ?? null,
    compare: raw.compare ?? null,
    with: raw.with ?? null,
    isList: raw.list ?? false,
    mayInstall: raw.install,
  };
}

const PEER_NAMES = SYSTEM_NAMES.filter((name) => name !== "odradek");

function parsePeers(text: string): SystemName[] {
  const names = text.split(",").map((name) => name.trim());
  for (const name of names) {
    if (name === "odradek")
      throw new InvalidArgumentError("Odradek is always measured; name the others only.");
    if (!(PEER_NAMES as readonly string[]).includes(name))
      throw new InvalidArgumentError(
        `There is no peer ${JSON.stringify(name)}; choose from ${PEER_NAMES.join(", ")}.`,
      );
  }
  return PEER_NAMES.filter((name) => names.includes(name));
}

function collect(part: string, parts: readonly string[] = []): readonly string[] {
  if (part.trim() === "") throw new InvalidArgumentError("Give a part of a name; --list shows the names.");
  return [...parts, part];
}

function wholeRounds(text: string): number {
  const rounds = Number(text);
  if (!/^\d+$/.test(text) || rounds < 1 || rounds > ROUNDS_MAX)
    throw new InvalidArgumentError(`Give a whole number from 1 to ${ROUNDS_MAX}.`);
  return rounds;
}

function secondsFrom(min: number): (text: string) => number {
  return (text) => {
    const seconds = text.trim() === "" ? Number.NaN : Number(text);
    if (!(seconds >= min && seconds <= SECONDS_MAX))
      throw new InvalidArgumentError(`Give seconds from ${min} to ${SECONDS_MAX}.`);
    return seconds;
  };
}

function secondsAbove(min: number): (text: string) => number {
  const parse = secondsFrom(min);
  return (text) => {
    const seconds = parse(text);
    if (seconds === min) throw new InvalidArgumentError(`Give more than ${min} seconds.`);
    return seconds;
  };
}

function share(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!(value >= 0 && value <= 1))
    throw new InvalidArgumentError("Give a share from 0 to 1, such as 0.05 for 5 %.");
  return value;
}
