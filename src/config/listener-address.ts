import * as z from "zod";

/** Where a listener binds, or what clients are told to connect to. */
export interface ListenerAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * `host:port`, `:port` or `port`; IPv6 in brackets. `null` when it is none of these. An empty host stays empty. Pure.
 */
export function parseHostPort(text: string): ListenerAddress | null {
  const match = /^(?:(?:\[([0-9a-fA-F:.%]+)\]|([^[\]:/\s]*)):)?(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const port = Number(match[3]);
  return port > 65535 ? null : { host: match[1] ?? match[2] ?? "", port };
}

/** The inverse of {@link parseHostPort}. */
export function formatHostPort({ host, port }: ListenerAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Kafka's `PLAINTEXT://host:port`. An empty host binds every interface, as in Kafka. */
export const listenerSchema = listenerText().transform(({ host, port }) => ({
  host: host === "" ? "0.0.0.0" : host,
  port,
}));

/** The same, for clients: they need a host that they can reach, and a port. */
export const advertisedListenerSchema = listenerText()
  .refine(({ host }) => host !== "" && host !== "0.0.0.0" && host !== "::", {
    error: "must name a host that clients can reach",
  })
  .refine(({ port }) => port !== 0, { error: "must name a port" });

function listenerText(): z.ZodType<ListenerAddress, string> {
  return z.string().transform((text, context) => {
    const refuse = (message: string): never => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    if (text.includes(",")) return refuse("names several listeners: one is served, PLAINTEXT://host:port");
    const match = /^([A-Za-z0-9_]+):\/\/(.*)$/.exec(text);
    if (match === null) return refuse("must look like PLAINTEXT://host:port");
    if (match[1]!.toUpperCase() !== "PLAINTEXT") {
      return refuse(`asks for ${match[1]}: only PLAINTEXT is served; put a TLS proxy in front of it`);
    }
    const address = parseHostPort(match[2]!);
    return address ?? refuse("must look like PLAINTEXT://host:port, with a port from 0 to 65535");
  });
}
