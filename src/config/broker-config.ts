import type * as z from "zod";
import type { brokerSettings } from "./broker-settings.ts";
import type { ListenerAddress } from "./listener-address.ts";
import type { ResolvedSetting } from "./resolve-setting.ts";
import type { Setting } from "./setting.ts";
import type { TopicConfig } from "./topic-config.ts";

/** The value of each broker setting, by its field. */
type BrokerValues = {
  readonly [Field in keyof typeof brokerSettings]: z.output<(typeof brokerSettings)[Field]["schema"]>;
};

/**
 * The broker's effective configuration. Made once at start by `loadConfig`, deeply frozen, shared by every part of
 * the main thread; workers are sent the fields that they need. Times are ms, sizes are bytes.
 */
export interface BrokerConfig extends Omit<BrokerValues, "listener" | "rack" | "advertisedListeners"> {
  readonly rack: string | null;
  /** The address to bind; port 0 takes a free one. */
  readonly host: string;
  readonly port: number;
  /** What Metadata answers; `null`: the address that the client connected to. */
  readonly advertisedListeners: ListenerAddress | null;
  /** What a topic without settings of its own has. */
  readonly topicDefaults: TopicConfig;
  /** The same as `topicDefaults.maxMessageBytes`, under the broker's name for it. */
  readonly messageMaxBytes: number;
  /** Every setting with its text and origin, by the broker's name for it: what `describe-config.ts` answers from. */
  readonly settings: ReadonlyMap<string, SettingState>;
  /** One line each, to be logged once at start. */
  readonly warnings: readonly string[];
}

/** A setting beside the text and origin that it has in one configuration. */
export interface SettingState {
  readonly setting: Setting<unknown>;
  readonly resolved: ResolvedSetting<unknown>;
}
