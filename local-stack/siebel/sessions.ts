import { pause } from '../faults/pause.ts';
import type { SiebelSettings } from './settings.ts';

/** The object manager's sessions, each of one user. */
export interface Sessions {
  /** Takes a session of the user that is idle, or opens one, which takes the time of a login. `false`: none can be had. */
  enter(user: string, settings: SiebelSettings): Promise<boolean>;
  /** Gives the session back, once for each that was had. */
  leave(user: string): void;
  /** Sessions opened so far. */
  logins(): number;
}

interface UserSessions {
  /** When each idle session was last used; the latest at the end. */
  idleSinceMs: number[];
  atWork: number;
}

/** Keeps sessions for calls to come, as Siebel does. All logins end when `closing` is aborted. */
export function openSessions(closing: AbortSignal): Sessions {
  const byUser = new Map<string, UserSessions>();
  let logins = 0;
  const of = (user: string): UserSessions => {
    const known = byUser.get(user) ?? { idleSinceMs: [], atWork: 0 };
    byUser.set(user, known);
    return known;
  };
  return {
    logins: () => logins,
    async enter(user, { loginMs, sessionTimeoutSeconds, sessionsPerUser }) {
      const sessions = of(user);
      const oldestMs = Date.now() - sessionTimeoutSeconds * 1_000;
      sessions.idleSinceMs = sessions.idleSinceMs.filter((sinceMs) => sinceMs > oldestMs);
      if (sessionsPerUser > 0 && sessions.atWork >= sessionsPerUser) return false;
      sessions.atWork += 1;
      if (sessions.idleSinceMs.pop() === undefined) {
        logins += 1;
        if (loginMs > 0) await pause(loginMs, closing);
      }
      return true;
    },
    leave(user) {
      const sessions = of(user);
      sessions.atWork -= 1;
      sessions.idleSinceMs.push(Date.now());
    },
  };
}
