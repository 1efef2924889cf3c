import type { TopicConfig } from "../../src/config/topic-config.ts";
import type { OpenPartition, PartitionLog, SyncTicket } from "../../src/log/partition-log.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import type { SimulatedFiles } from "../support/simulated-files.ts";
import { emptyDisk, environmentOn, opening, openLog } from "./log-harness.ts";
import { verifyLog, verifySurvivor } from "./simulation-checks.ts";
import { SimulationModel } from "./simulation-model.ts";

/** Small enough that a few batches roll, index, checkpoint and expire. */
export const SIMULATED_CONFIG: Partial<TopicConfig> = {
  segmentBytes: 2000,
  indexIntervalBytes: 300,
  retentionBytes: 12_000,
  segmentMs: 1_000_000,
  fileDeleteDelayMs: 1000,
};
const CHECKPOINT_BYTES = 1500;
const PRODUCERS = [7001, 7002, 7003];
/** Crashes during a recovery, during the next one, and so on. */
const RECOVERY_CRASHES_DEEP = 3;

/**
 * One log on a simulated disk, driven by a seed: appends, group commits that begin and end at other moments, rolls,
 * retention, clean restarts; and at its calls to the disk, power losses, whose survivors are opened and compared with the
 * model. Everything follows from the seed.
 */
export class Simulation {
  crashPoints = 0;
  /** Every call that changed the disk, in order. */
  trace = "";
  readonly #random: SeededRandom;
  readonly #clock = new ManualClock();
  readonly #model = new SimulationModel(PRODUCERS);
  #disk: SimulatedFiles;
  #log: PartitionLog;
  #ticket: SyncTicket | null = null;
  /** Survivors of this step, with what was acknowledged at that moment. */
  #survivors: { disk: SimulatedFiles; syncedOffset: number }[] = [];
  readonly #crashOneIn: number;
  readonly #breakDisk: (disk: SimulatedFiles) => void;

  /** `breakDisk`: for a test of the checker itself. */
  constructor(seed: number, crashOneIn: number, breakDisk: (disk: SimulatedFiles) => void = () => undefined) {
    this.#random = new SeededRandom(seed);
    this.#crashOneIn = crashOneIn;
    this.#disk = emptyDisk();
    this.#breakDisk = breakDisk;
    breakDisk(this.#disk);
    this.#log = this.#open({});
    this.#watch();
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) {
      this.#step();
      this.#checkInvariants();
      this.#verifySurvivors();
    }
    verifyLog(this.#disk, this.#log, this.#model, this.#log.fields.syncedOffset, this.#random);
  }

  #step(): void {
    const choice = this.#random.below(100);
    if (choice < 55) this.#append();
    else if (choice < 70) this.#beginSync();
    else if (choice < 85) this.#endSync();
    else if (choice < 90) this.#model.recoveryPoint = this.#log.fields.syncedOffset;
    else if (choice < 95) this.#maintain();
    else if (choice < 97) this.#restart();
    else if (choice < 99) this.#kill();
    else this.#log.updateConfig(opening(this.#config()).config);
  }

  #append(): void {
    const arena = new Uint8Array(16_384);
    let at = 0;
    for (let left = 1 + this.#random.below(4); left > 0; left--) {
      const batch = this.#model.nextBatch(this.#random, this.#clock.wallMs());
      if (this.#log.needsCommitBefore(batch.bytes.byteLength)) this.#commit();
      arena.set(batch.bytes, at);
      const outcome = this.#log.stage(arena, at, batch.bytes.byteLength);
      if (outcome.errorCode !== ErrorCode.NONE) throw new Error(`${outcome.errorCode}: ${outcome.message}`);
      if (outcome.duplicate !== batch.isRepeated)
        throw new Error("a duplicate was not told from a new batch");
      if (!outcome.duplicate)
        this.#model.staged(batch, outcome.baseOffset, arena.slice(at, at + batch.bytes.byteLength));
      at += batch.bytes.byteLength;
    }
    this.#commit();
    this.#clock.advance(this.#random.below(20));
  }

  #commit(): void {
    const errorCode = this.#log.commit();
    if (errorCode !== ErrorCode.NONE) throw new Error(`commit failed with ${errorCode}`);
    this.#model.committed();
  }

  #beginSync(): void {
    this.#ticket ??= this.#log.beginSync();
  }

  #endSync(): void {
    const ticket = this.#ticket;
    if (ticket === null) return;
    for (const fd of ticket.fds) this.#disk.sync(fd);
    for (const directory of ticket.directories) this.#disk.syncDirectory(directory);
    this.#ticket = null;
    this.#log.completeSync(ticket, null);
  }

  #maintain(): void {
    this.#clock.advance(this.#random.pick([10, 2000, 900_000]));
    this.#log.maintain();
  }

  /** A clean stop and start. */
  #restart(): void {
    this.#endSync();
    const closed = this.#log.close();
    if (!closed.ok) throw new Error(closed.error.message);
    if (this.#disk.openDescriptors > 0)
      throw new Error(`${this.#disk.openDescriptors} descriptors stayed open`);
    this.#model.recoveryPoint = this.#log.fields.endOffset;
    const leaderEpoch = this.#log.fields.leaderEpoch;
    this.#log = this.#open({ wasCleanShutdown: true });
    if (this.#log.fields.leaderEpoch !== leaderEpoch)
      throw new Error("a clean restart changed the leader epoch");
  }

  /** SIGKILL: the page cache stays, and the next process goes on with it. */
  #kill(): void {
    const { endOffset } = this.#log.fields;
    this.#disk.onChange = null;
    this.#disk = this.#disk.killed();
    this.#breakDisk(this.#disk);
    this.#ticket = null;
    this.#watch();
    this.#log = this.#open({});
    if (this.#log.fields.endOffset !== endOffset) throw new Error("SIGKILL lost what the page cache held");
  }

  #open(options: Partial<OpenPartition>): PartitionLog {
    const environment = environmentOn(this.#disk, this.#clock, {
      openSegmentsMax: 3,
      checkpointBytes: CHECKPOINT_BYTES,
    });
    return openLog(environment, this.#opening(options));
  }

  #opening(options: Partial<OpenPartition>): OpenPartition {
    return opening(this.#config(), { recoveryPoint: this.#model.recoveryPoint, ...options });
  }

  #config(): Partial<TopicConfig> {
    return { ...SIMULATED_CONFIG, retentionMs: 800_000 };
  }

  /** From now on each call that changes the disk may be the last before a power loss. */
  #watch(): void {
    this.#disk.onChange = (call, path) => {
      this.trace += `${call} ${path}\n`;
      if (!this.#random.oneIn(this.#crashOneIn)) return;
      const disk = this.#disk.crashed(this.#random.below(2 ** 31));
      this.#survivors.push({ disk, syncedOffset: this.#log.fields.syncedOffset });
    };
  }

  #checkInvariants(): void {
    const { highWatermark, syncedOffset, endOffset } = this.#log.fields;
    if (this.#log.failure !== null) throw new Error(this.#log.failure.message);
    if (highWatermark > syncedOffset) throw new Error("the high watermark passed the synced offset");
    if (endOffset !== this.#model.endOffset) throw new Error("the log's end is not the model's");
  }

  #verifySurvivors(): void {
    const survivors = this.#survivors;
    this.#survivors = [];
    this.#model.logStartOffset = this.#log.fields.logStartOffset;
    for (const { disk, syncedOffset } of survivors) {
      this.crashPoints += verifySurvivor(
        disk,
        this.#model,
        syncedOffset,
        (recoveryPoint) => this.#opening({ recoveryPoint }),
        this.#clock,
        this.#random,
        RECOVERY_CRASHES_DEEP,
      );
    }
  }
}
