import type { Workload } from "../suite/workload.ts";
import { CLIENTS } from "./clients.ts";
import { connectionsWorkloads } from "./connections.ts";
import { FETCH_COLD } from "./fetch-cold.ts";
import { FETCH_HOT } from "./fetch-hot.ts";
import { INGEST } from "./ingest.ts";
import { LATENCY } from "./latency.ts";
import { NEIGHBOURS } from "./neighbours.ts";
import { o1SizeWorkloads } from "./o1-size.ts";
import { partitionsWorkloads } from "./partitions.ts";
import { recoverWorkloads } from "./recover.ts";
import { soakWorkloads } from "./soak.ts";
import { startWorkloads } from "./start.ts";

/** Every workload of the suite, in the order in which they run: latency asks what ingest has measured. */
export const WORKLOADS: readonly Workload[] = [
  ...INGEST,
  ...LATENCY,
  ...FETCH_HOT,
  ...FETCH_COLD,
  ...CLIENTS,
  ...NEIGHBOURS,
  ...startWorkloads,
  ...partitionsWorkloads,
  ...connectionsWorkloads,
  ...recoverWorkloads,
  ...o1SizeWorkloads,
  ...soakWorkloads,
];
