import { formatHostPort, type ListenerAddress } from "../config/listener-address.ts";

/** What a person wants to know when a broker has started. */
export interface BootFacts {
  readonly version: string;
  readonly dataDir: string;
  readonly clusterId: string;
  readonly nodeId: number;
  readonly writeCaching: boolean;
  readonly bound: ListenerAddress;
  readonly advertised: ListenerAddress | null;
  /** Milliseconds from the start of the process until the port was open. */
  readonly startedInMs: number;
}

/** At most eight lines for a terminal, the last of them to be pasted. Pure. */
export function bootReport(facts: BootFacts): string {
  const server = bootstrapServer(facts);
  const advertised = facts.advertised ? `, advertised as ${formatHostPort(facts.advertised)}` : "";
  const lines = [
    `odradek ${facts.version}, ready in ${Math.round(facts.startedInMs)} ms`,
    `  data        ${facts.dataDir} (node ${facts.nodeId}, cluster ${facts.clusterId})`,
    `  durability  ${durability(facts.writeCaching)}`,
    `  listening   ${formatHostPort(facts.bound)}${advertised}`,
    `  clients     bootstrap.servers=${server}`,
    `  next        echo hello | npx odradek produce greetings -b ${server}`,
    `              npx odradek consume greetings -b ${server}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** The same as one JSON line, for whoever starts a broker and wants its port. Pure. */
export function bootReportJson(facts: BootFacts): string {
  const { bound, advertised, startedInMs, ...rest } = facts;
  const report = {
    event: "broker-started",
    ...rest,
    host: bound.host,
    port: bound.port,
    bootstrapServers: bootstrapServer(facts),
    startedInMs: Math.round(startedInMs),
  };
  return `${JSON.stringify(report)}\n`;
}

function durability(writeCaching: boolean): string {
  return writeCaching
    ? "write.caching=true: acknowledged from the page cache, a power loss may take records"
    : "acks=all waits for fdatasync (write.caching=false)";
}

/** What a client on this machine connects to. */
function bootstrapServer({ bound, advertised }: BootFacts): string {
  if (advertised !== null) return formatHostPort(advertised);
  return formatHostPort({ host: isWildcard(bound.host) ? "127.0.0.1" : bound.host, port: bound.port });
}

export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}
