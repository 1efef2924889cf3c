/** Where a value came from; later kinds win over earlier ones. */
export type SettingOrigin =
  | { readonly kind: "default" }
  | { readonly kind: "file"; readonly path: string; readonly line: number }
  | { readonly kind: "environment"; readonly variable: string }
  | { readonly kind: "flag"; readonly flag: string };

/** One `name=text` as somebody wrote it. The name may be an alias. */
export interface WrittenSetting {
  readonly name: string;
  readonly text: string;
  readonly origin: SettingOrigin;
}

/** How `config show --origin` and error messages name an origin. */
export function describeOrigin(origin: SettingOrigin): string {
  switch (origin.kind) {
    case "default":
      return "default";
    case "file":
      return `${origin.path}:${origin.line}`;
    case "environment":
      return `environment ${origin.variable}`;
    case "flag":
      return `flag ${origin.flag}`;
  }
}
