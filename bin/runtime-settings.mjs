/**
 * What JavaScriptCore is told by Bun's environment, which it reads once, as it starts.
 *
 * With 16 GiB of memory or more in the machine it lets a heap grow to four times of what lives in it before it collects,
 * with less to twice. Nobody's machine has this many MB, so that it is always twice: a broker has neighbours.
 */
const SETTINGS = { BUN_JSC_heapGrowthFunctionThresholdInMB: "1000000000" };

/** An environment for Bun. What the operator has set stays as it is. */
export function withRuntimeSettings(environment) {
  return { ...SETTINGS, ...environment };
}
