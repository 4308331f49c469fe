// Where a zip goes: a file that the person picks where the browser has a picker, else a download.

import { t } from '../language/translate.ts';

/** Chromium's file picker; other browsers have none. */
interface SavePickerWindow {
  readonly showSaveFilePicker?: (options: {
    suggestedName: string;
    types: { description: string; accept: Record<string, string[]> }[];
  }) => Promise<FileSystemFileHandle>;
}

export const CANCELLED = Symbol('cancelled');

/** Null where there is no picker. */
export async function askForFile(suggestedName: string): Promise<FileSystemFileHandle | null | typeof CANCELLED> {
  const pick = (window as SavePickerWindow).showSaveFilePicker;
  if (!pick) return null;
  try {
    const types = [{ description: t`Zip archive`, accept: { 'application/zip': ['.zip'] } }];
    return await pick.call(window, { suggestedName, types });
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') return CANCELLED;
    throw thrown;
  }
}
