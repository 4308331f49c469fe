// What mends a fault in the data: the file is read in another way, or its rows and columns are used otherwise.

import type { TrainerClient } from '#client/trainer-client.ts';
import type { DataSource, LeftOut, Reading } from '#protocol/messages.ts';
import type { Role } from '#protocol/task-roles.ts';
import type { ErrorFix } from '#util/studio-error.ts';
import { readyValue } from '../../hooks/loadable.ts';
import { changeDraft, chooseRole, currentDraft, openData } from './draft-actions.ts';

/** @param rejected data that could not be opened in place of what is open; null: the fault is in what the draft names. */
export function applyFix(client: TrainerClient, fix: ErrorFix, rejected: DataSource | null): void {
  const { data, dataSource } = currentDraft();
  const readAgain = (change: Reading): void => {
    const source = rejected ?? dataSource;
    if (source && source.kind !== 'sample')
      void openData(client, { ...source, reading: { ...source.reading, ...change } });
  };
  switch (fix.kind) {
    case 'leave-out-bad-rows':
      // A file that could not be opened is read again; of an opened one rows are left out.
      if (!rejected && data.status === 'ready') setLeftOut('bad', true);
      else readAgain({ skipBadRows: true });
      return;
    case 'quotes-as-text':
      readAgain({ quotesAsText: true });
      return;
    case 'encoding':
      readAgain({ encoding: fix.encoding });
      return;
    case 'use-column':
      takeColumn(fix.file, fix.role as Role, fix.column);
      return;
    case 'use-file':
      takeFiles(client, fix.path, null);
      return;
    default:
      fix satisfies never;
  }
}

export function setLeftOut(kind: LeftOut, isLeftOut: boolean): void {
  const others = currentDraft().leaveOut.filter((each) => each !== kind);
  changeDraft({ leaveOut: isLeftOut ? [...others, kind] : others });
}

/** Other splits of the zip archive that is open. */
export function takeFiles(client: TrainerClient, train: string, validation: string | null): void {
  const { dataSource } = currentDraft();
  if (dataSource && dataSource.kind !== 'sample')
    void openData(client, { ...dataSource, entries: { train, validation } });
}

function takeColumn(file: string, role: Role, column: string): void {
  const { validationRoles, data } = currentDraft();
  if (file === readyValue(data)?.validationFile)
    changeDraft({ validationRoles: { ...validationRoles, [role]: column } });
  else chooseRole(column, role);
}
