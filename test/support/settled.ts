import { Later } from "../../src/base/later.ts";

/** What an answer comes to, however it comes. */
export function settled<Value>(answer: Value | Promise<Value> | Later<Value>): Promise<Value> {
  if (!(answer instanceof Later)) return Promise.resolve(answer);
  return new Promise((resolve, reject) => answer.deliverTo({ resolved: resolve, failed: reject }));
}
