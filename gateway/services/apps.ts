import type { AppSetting } from '../settings.ts';

/** The tracked websites of this node: looked up by key, matched by origin. */
export class Apps {
  readonly #byKey: ReadonlyMap<string, AppSetting>;

  constructor(apps: readonly AppSetting[]) {
    this.#byKey = new Map(apps.map((app) => [app.key, app]));
  }

  find(key: string): AppSetting | undefined {
    return this.#byKey.get(key);
  }

  all(): readonly AppSetting[] {
    return [...this.#byKey.values()];
  }

  /** True if any app allows this origin: all that a preflight can be asked. */
  anyAllows(origin: string): boolean {
    return this.all().some((app) => allowsOrigin(app, origin));
  }
}

/** Exact match of scheme, host and port (SPEC HE2). An allowed port of `*` stands for any port of that very host. */
export function allowsOrigin(app: AppSetting, origin: string): boolean {
  return app.origins.some((allowed) => {
    if (!allowed.endsWith(':*')) return allowed === origin;
    const base = allowed.slice(0, -2);
    return origin === base || (origin.startsWith(`${base}:`) && /^\d{1,5}$/.test(origin.slice(base.length + 1)));
  });
}
