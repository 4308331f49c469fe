// Files of a drop or a picker with the paths they had; a dropped folder is walked. Called by `file-drop.tsx`.

import type { NamedFile } from '#protocol/messages.ts';

/** Files of a picker. A folder picker gives paths with the folder in front, which stays: the worker knows. */
export function namedFiles(files: FileList | null): readonly NamedFile[] {
  return Array.from(files ?? [], (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** All files of a drop, folders walked to their ends. Must be called while the drop event is handled. */
export async function collectDropped(transfer: DataTransfer): Promise<readonly NamedFile[]> {
  // Entries have to be taken before the first await: the browser empties the list after the event.
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return namedFiles(transfer.files);
  const found = await Promise.all(entries.map((entry) => walk(entry, '')));
  return found.flat();
}

async function walk(entry: FileSystemEntry, folder: string): Promise<readonly NamedFile[]> {
  const path = `${folder}${entry.name}`;
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ path, file }];
  }
  if (!isDirectory(entry)) return [];
  const children = await readAll(entry.createReader());
  const found = await Promise.all(children.map((child) => walk(child, `${path}/`)));
  return found.flat();
}

/** A reader hands out its entries in portions; an empty one ends the list. */
async function readAll(reader: FileSystemDirectoryReader): Promise<readonly FileSystemEntry[]> {
  const all: FileSystemEntry[] = [];
  for (;;) {
    const portion = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (portion.length === 0) return all;
    all.push(...portion);
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isDirectory = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
