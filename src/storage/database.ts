// Opens the browser's database, and tells in plain words what goes wrong with it.

import { openDB, unwrap } from 'idb';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { type AtelierSchema, DATABASE_NAME, type Database, MIGRATIONS, SCHEMA_VERSION } from './schema.ts';

export interface OpenOptions {
  readonly name?: string;
  /** A newer version of the studio waits in another tab for this one to be closed. Training is not interrupted for it. */
  readonly onOutdated?: () => void;
  /** The browser closed the database, for example because the site's data was cleared. */
  readonly onTerminated?: () => void;
}

/**
 * Opens the database, creating or migrating it as needed.
 * @throws StudioError E-STORAGE when the browser refuses, or another tab holds an older version open.
 */
export async function openDatabase({
  name = DATABASE_NAME,
  onOutdated,
  onTerminated,
}: OpenOptions = {}): Promise<Database> {
  let refuse: (reason: StudioError) => void = () => {};
  const blocked = new Promise<never>((_, reject) => {
    refuse = reject;
  });
  const opening = openDB<AtelierSchema>(name, SCHEMA_VERSION, {
    upgrade: (database, oldVersion, _newVersion, transaction) => {
      for (const migrate of MIGRATIONS.slice(oldVersion)) migrate(unwrap(database), unwrap(transaction));
    },
    blocked: () => refuse(blockedError()),
    blocking: () => onOutdated?.(),
    terminated: () => onTerminated?.(),
  });
  try {
    return await Promise.race([opening, blocked]);
  } catch (error) {
    // Should the other tab go away later, this connection must not stay open unused.
    opening.then(
      (database) => database.close(),
      () => {},
    );
    throw toStorageError(error, msg`The browser did not open its database`);
  }
}

function blockedError(): StudioError {
  return new StudioError(
    'E-STORAGE',
    msg`Another tab with an older version of the studio is open and holds the stored runs.`,
    {
      hint: msg`Let it finish or pause its run, close that tab, and reload this one.`,
      safe: msg`All stored runs are unchanged.`,
    },
  );
}

/** The browser's errors in our words; anything else is returned as it is. */
export function toStorageError(error: unknown, doing: string): unknown {
  if (!(error instanceof DOMException)) return error;
  if (error.name === 'QuotaExceededError') {
    return new StudioError('E-STORAGE-FULL', msg`The browser has no room left for this site.`, {
      hint: msg`Delete old checkpoints or runs, or free space on the disk, and try again.`,
      safe: msg`Everything that was stored before is still there.`,
      cause: error,
    });
  }
  const newer = error.name === 'VersionError';
  return new StudioError('E-STORAGE', `${doing}: ${error.message || error.name}`, {
    hint: newer
      ? msg`The stored runs belong to a newer version of the studio. Reload the page to get that version.`
      : msg`Reload the page. In a private window, or with site data blocked, nothing can be stored.`,
    safe: msg`What was stored before is unchanged.`,
    cause: error,
  });
}

/** Does the work; the browser's errors come out in our words. */
export async function told<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStorageError(error, doing);
  }
}
