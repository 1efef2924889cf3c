import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { Topics } from "../cluster/topic-types.ts";
import type { BrokerConfig } from "../config/broker-config.ts";
import type { PartitionRouter } from "../router/types.ts";
import { type Authorizer, allowEverything } from "./authorizer.ts";
import { FetchSessions } from "./fetch/fetch-sessions.ts";
import { type ProducerIdBlocks, ProducerIds } from "./producer-ids.ts";

/** All that handlers may use. They see neither sockets nor files. Main thread; lives as long as the broker. */
export interface Services {
  readonly topics: Topics;
  readonly router: PartitionRouter;
  readonly config: BrokerConfig;
  readonly clusterId: string;
  readonly producerIds: ProducerIds;
  readonly fetchSessions: FetchSessions;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface ServicesOptions {
  readonly topics: Topics;
  readonly router: PartitionRouter;
  readonly config: BrokerConfig;
  /** The metadata store, as far as handlers need it. */
  readonly store: ProducerIdBlocks & { readonly clusterId: string };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly authorizer?: Authorizer;
}

export function makeServices(options: ServicesOptions): Services {
  const { topics, router, config, store, clock, logger, authorizer = allowEverything } = options;
  return {
    topics,
    router,
    config,
    clusterId: store.clusterId,
    producerIds: new ProducerIds(store),
    fetchSessions: new FetchSessions({ slotsMax: config.fetchSessionSlots, clock }),
    authorizer,
    clock,
    logger,
  };
}
