// What the worker loads of the Hub when it is first needed, as one piece.

export { downloadFile } from './download-file.ts';
export { HubClient } from './hub-client.ts';
export { dataFiles, modelFiles } from './repo-files.ts';
