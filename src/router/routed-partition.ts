import type { TopicConfig } from "../config/topic-config.ts";
import { PARTITION_STATE_BYTES, PartitionState } from "../io/partition-state.ts";
import { FetchAhead } from "./fetch-ahead.ts";
import { PlanAheadRequest } from "./requests.ts";
import type { PartitionHandle } from "./types.ts";
import type { WorkerLink } from "./worker-link.ts";

/** What a worker needs to open a partition; JSON of the OPEN control. */
export interface PartitionOpening {
  readonly directory: string;
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly config: TopicConfig;
  /** `null`: unknown, everything is verified. */
  readonly recoveryPoint: number | null;
  readonly logStartOffset: number | null;
  readonly wasCleanShutdown: boolean;
}

/**
 * The router's side of one partition: which worker has it, and the shared block that the worker publishes. Both change
 * when a worker died and another took over; whoever holds the handle sees the new ones. Main thread.
 */
export class RoutedPartition implements PartitionHandle {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly directory: string;
  opening: PartitionOpening;
  /** OPENING until a worker publishes. */
  state = new PartitionState(new SharedArrayBuffer(PARTITION_STATE_BYTES), 0);
  link: WorkerLink | null = null;
  /** The partition's number within its worker. */
  index = -1;
  /** Empty while no worker has the partition. */
  readonly ahead = new FetchAhead((offset, bytesMax, planned) => {
    const request = new PlanAheadRequest(this.index, offset, bytesMax, planned);
    if (this.link === null) request.fail();
    else this.link.submit(request);
  });

  constructor(opening: PartitionOpening) {
    this.topic = opening.topic;
    this.topicId = opening.topicId;
    this.partition = opening.partition;
    this.directory = opening.directory;
    this.opening = opening;
    this.state.forget();
  }
}
