import { kafka } from "./kafka.ts";
import { nats } from "./nats.ts";
import { odradek } from "./odradek.ts";
import { redis } from "./redis.ts";
import type { System, SystemName } from "./system.ts";

export const SYSTEMS: Readonly<Record<SystemName, System>> = { odradek, kafka, nats, redis };
