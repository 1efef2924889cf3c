export type Settings = Readonly<Record<string, string>>;

/** Equal for settings that one broker can serve. */
export function settingsKeyOf(settings: Settings = {}): string {
  return JSON.stringify(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)));
}
