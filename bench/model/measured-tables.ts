import { checkModel, usableShareOf } from "./check.ts";
import { FAMILIES, type Feature, isFitted, type Model, type RoleFit } from "./fit.ts";
import { figure, percent, signedPercent, table } from "./markdown.ts";
import { type ModelData, ROLES } from "./model-data.ts";

const FEATURE_LABELS: Readonly<Record<Feature, string>> = {
  requests: "µs a request",
  reads: "µs a read",
  batches: "µs a batch",
  bytes: "s a GB",
  splitBytes: "s a GB of split requests",
  wakeUps: "µs a wake-up",
  connectionSeconds: "µs a connection and second",
};

/** Coefficients with their range when one experiment is left out, and how well they fit. */
export function coefficientTable(model: Model): string {
  const rows = FAMILIES.flatMap((family) =>
    ROLES.map((role) => {
      const fit = model[family][role];
      return [
        `${family}, ${role}`,
        coefficientsOf(fit),
        fit.medianError === null ? "–" : percent(fit.medianError),
        fit.heldOutError === null ? "–" : percent(fit.heldOutError),
      ];
    }),
  );
  return table(
    ["CPU time of", "coefficients (range, one experiment left out)", "median error", "held out"],
    rows,
    2,
  );
}

function coefficientsOf({ coefficients, ranges }: RoleFit): string {
  const parts = (Object.keys(coefficients) as Feature[]).map((feature) => {
    const unit = feature === "bytes" || feature === "splitBytes" ? 1e9 : 1e6;
    const range = ranges[feature];
    const spread = range === undefined ? "" : ` (${figure(range[0] * unit)}–${figure(range[1] * unit)})`;
    return `${figure(coefficients[feature]! * unit)}${spread} ${FEATURE_LABELS[feature]}`;
  });
  return parts.join(", ");
}

/** Each experiment: its throughput, the prediction of it for this very machine, and the residuals of the two fits. */
export function checkTable(model: Model, data: ModelData): string {
  const checks = checkModel(model, data);
  const rows = checks.map(({ experiment, prediction, isWaiting, error, ...rates }) => {
    const { measuredBytesPerSecond, predictedBytesPerSecond } = rates;
    const { name, kind, isHeldOut, use, seconds } = experiment;
    const residual = (role: "main" | "partition"): string => {
      const fit = model[kind === "fetch" ? "fetch" : "ingest"][role];
      return signedPercent(fit.residuals.find((one) => one.experiment === name)!.error);
    };
    return [
      `${name}${isHeldOut ? " †" : isFitted(experiment) ? "" : " ‡"}`,
      figure(measuredBytesPerSecond / 1e6),
      figure(predictedBytesPerSecond / 1e6),
      signedPercent(error),
      isWaiting ? "round trips" : prediction.bottleneck,
      `${(use.main.cpuSeconds / seconds).toFixed(2)} / ${(use.partition.cpuSeconds / seconds).toFixed(2)}`,
      `${residual("main")} / ${residual("partition")}`,
    ];
  });
  const header = [
    "experiment († held out, ‡ too much steal)",
    "measured MB/s",
    "predicted MB/s",
    "error",
    "predicted to run out",
    "cores of main / partition threads",
    "fit's error in main / partition CPU",
  ];
  const errors = (isHeldOut: boolean): number[] =>
    checks
      .filter(({ experiment }) => (isHeldOut ? experiment.isHeldOut : isFitted(experiment)))
      .map(({ error }) => Math.abs(error));
  const summary =
    `Throughput is predicted with a median error of ${percent(medianOf(errors(false)))} for what was fitted ` +
    `(worst ${percent(Math.max(...errors(false)))}) and of ${percent(medianOf(errors(true)))} for what was held out ` +
    `(worst ${percent(Math.max(...errors(true)))}). Broker, kernel and generator together used ` +
    `${percent(usableShareOf(data))} of the cores' time (median); that much is what "cores" has here.`;
  return `${table(header, rows)}\n\n${summary}`;
}

/** System calls and switches a request. */
export function callTable({ calls, callsMissing }: ModelData): string {
  if (calls.length === 0) return `System calls were not counted: ${callsMissing ?? "that part was not run"}.`;
  const rows = calls.map(({ experiment, requests, calls: byRole }) => {
    const cell = (role: "main" | "partition"): string => {
      const { all = 0, ...named } = byRole[role];
      const names = Object.entries(named)
        .filter(([, count]) => count / requests >= 0.05)
        .toSorted(([, a], [, b]) => b - a)
        .map(([name, count]) => `${name} ${figure(count / requests)}`);
      return `${figure(all / requests)}: ${names.join(", ")}`;
    };
    return [experiment, cell("main"), cell("partition")];
  });
  return table(["system calls a request", "main thread", "partition threads"], rows, 3);
}

/** What is not fitted with the rest: acknowledgements that wait for the disk, and polls of idle consumers. */
export function otherTable({ experiments }: ModelData): string {
  const rows = experiments
    .filter(({ kind }) => kind === "sync" || kind === "idle")
    .map(({ name, batches, requests, seconds, use, requestsPerSecond }) => {
      const units = batches > 0 ? batches : requests;
      const each = ROLES.filter((role) => role !== "load").map((role) =>
        units < 1 ? "–" : figure((use[role].cpuSeconds / units) * 1e6),
      );
      const broker = use.main.cpuSeconds + use.partition.cpuSeconds + use.rest.cpuSeconds;
      return [name, figure(requestsPerSecond), ...each, (broker / seconds).toFixed(2)];
    });
  const header = ["", "requests/s", "main, µs each", "partition", "rest", "kernel", "broker's cores"];
  return table(header, rows);
}

export function memoryLine({ memory }: ModelData): string {
  if (memory === null) return "Memory was not measured.";
  const { emptyBytes, partitions, withPartitionsBytes, bytesPerConnection } = memory;
  const perPartition = (withPartitionsBytes - emptyBytes) / partitions / 1e6;
  const connection = bytesPerConnection === null ? "–" : `${figure(bytesPerConnection / 1024)} KiB`;
  return (
    `Memory (RSS): ${figure(emptyBytes / 1e6)} MB without a partition, ${figure(perPartition)} MB for each idle ` +
    `partition and its thread, ${connection} for each connection that long-polls.`
  );
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
