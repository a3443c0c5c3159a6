import { checkSettings } from './setting-checks.ts';
import { DEFAULT_SETTINGS, type SiebelSettings } from './settings.ts';

/** The settings of a running stand-in. */
export interface LiveSettings {
  now(): SiebelSettings;
  /**
   * Changes some; without an argument, those of the start hold again.
   *
   * @throws SettingsError when a name or a value is wrong: then nothing changes.
   */
  change(changes?: unknown): SiebelSettings;
}

/** @param atStart May hold other members, which are no settings. */
export function liveSettings(atStart: Partial<SiebelSettings>): LiveSettings {
  const names = Object.keys(DEFAULT_SETTINGS) as (keyof SiebelSettings)[];
  const given = Object.fromEntries(names.filter((name) => name in atStart).map((name) => [name, atStart[name]]));
  const start: SiebelSettings = { ...DEFAULT_SETTINGS, ...checkSettings(given) };
  let now = start;
  return {
    now: () => now,
    change(changes) {
      now = changes === undefined ? start : { ...now, ...checkSettings(changes) };
      return now;
    },
  };
}
