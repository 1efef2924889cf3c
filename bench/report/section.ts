import type { Markup } from "./markup.ts";

/** A part of the report with a heading; absent sections have nothing to show. */
export interface Section {
  /** Anchor on the page. */
  readonly id: string;
  readonly title: string;
  readonly body: Markup;
}
