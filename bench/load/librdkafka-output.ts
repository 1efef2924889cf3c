/** Final figures of a producing `rdkafka_performance -u`. */
export interface LibrdkafkaProduced {
  readonly seconds: number;
  /** Acknowledged messages. */
  readonly delivered: number;
}

export interface LibrdkafkaConsumed {
  /** From the first message. */
  readonly seconds: number;
  readonly messages: number;
  readonly bytes: number;
}

/** Throws when there are no figures, or a message was not delivered. */
export function parseProduced(output: string, messagesSent: number): LibrdkafkaProduced {
  const row = lastRow(output);
  const delivered = row("dr");
  const failed = row("dr_err");
  if (failed > 0 || delivered !== messagesSent) {
    throw new Error(
      `rdkafka_performance had ${delivered} of ${messagesSent} messages delivered, ${failed} failed:\n${output}`,
    );
  }
  return { seconds: row("elapsed") / 1000, delivered };
}

/** Throws when there are no figures, too few messages came, or there was an error. */
export function parseConsumed(output: string, messagesMin: number): LibrdkafkaConsumed {
  const row = lastRow(output);
  const messages = row("msgs");
  const errors = row("rx_err");
  if (errors > 0 || messages < messagesMin)
    throw new Error(
      `rdkafka_performance read ${messages} of ${messagesMin} messages, ${errors} errors:\n${output}`,
    );
  return { seconds: row("elapsed") / 1000, messages, bytes: row("bytes") };
}

/** The table's last row by the names of its columns; the header comes again every so many rows. */
function lastRow(output: string): (column: string) => number {
  const rows = output
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .slice(1)
        .split("|")
        .map((cell) => cell.trim()),
    );
  const names = rows.find(([first]) => first === "elapsed");
  const last = rows.findLast(([first]) => first !== "elapsed");
  if (names === undefined || last === undefined)
    throw new Error(`rdkafka_performance printed no figures:\n${output}`);
  return (column) => {
    const value = Number(last[names.indexOf(column)]);
    if (Number.isNaN(value)) throw new Error(`rdkafka_performance printed no ${column}:\n${output}`);
    return value;
  };
}
