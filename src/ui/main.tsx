// Entry of the page: makes the worker, the client and the library, and mounts the studio.

import { RunLibrary } from '#client/run-library.ts';
import { TrainerClient } from '#client/trainer-client.ts';
import { RUN_CHANNEL } from '#protocol/messages.ts';
import { mountStudio } from './app/mount-studio.tsx';
import { keepOffline } from './app/offline.ts';
import { initializeLanguage } from './language/language.ts';

const name = `atelier-engine-${crypto.randomUUID()}`;
const worker = new Worker(new URL('../worker/main.ts', import.meta.url), { type: 'module', name });
const client = new TrainerClient(worker, { name, channel: new BroadcastChannel(RUN_CHANNEL) });
keepOffline();
await initializeLanguage();
mountStudio(document.getElementById('root')!, { client, library: new RunLibrary(client) });
