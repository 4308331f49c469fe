// What mends a fault in the data: the file is read in another way, or its rows and columns are used otherwise.

import type { TrainerClient } from '#client/trainer-client.ts';
import type { LeftOut, Reading } from '#protocol/messages.ts';
import type { Role } from '#protocol/task-roles.ts';
import type { ErrorFix } from '#util/studio-error.ts';
import { readyValue } from '../../hooks/loadable.ts';
import { changeDraft, chooseRole, currentDraft, openData } from './draft-actions.ts';

export function applyFix(client: TrainerClient, fix: ErrorFix): void {
  switch (fix.kind) {
    case 'leave-out-bad-rows':
      // A file that could not be opened is read again; of an opened one rows are left out.
      if (currentDraft().data.status === 'ready') setLeftOut('bad', true);
      else readAgain(client, { skipBadRows: true });
      return;
    case 'quotes-as-text':
      readAgain(client, { quotesAsText: true });
      return;
    case 'encoding':
      readAgain(client, { encoding: fix.encoding });
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

function readAgain(client: TrainerClient, change: Reading): void {
  const { dataSource } = currentDraft();
  if (dataSource && dataSource.kind !== 'sample')
    void openData(client, { ...dataSource, reading: { ...dataSource.reading, ...change } });
}

function takeColumn(file: string, role: Role, column: string): void {
  const { validationRoles, data } = currentDraft();
  if (file === readyValue(data)?.validationFile)
    changeDraft({ validationRoles: { ...validationRoles, [role]: column } });
  else chooseRole(column, role);
}
