// Mounts the studio on a scripted worker, to look at every screen without an engine.
// `npx vite --port 5199`, then /test/ui-harness/index.html?scene=<name>#/

import { RunLibrary } from '#client/run-library.ts';
import { TrainerClient } from '#client/trainer-client.ts';
import { mountStudio } from '#ui/app/mount-studio.tsx';
import { initializeLanguage } from '#ui/language/language.ts';
import { ScriptedWorker } from './scripted-worker.ts';

const scene = new URLSearchParams(location.search).get('scene') ?? 'live';
const worker = new ScriptedWorker(scene);
const client = new TrainerClient(worker);
Object.assign(window, { harness: { worker, client } });
await initializeLanguage();
mountStudio(document.getElementById('root')!, { client, library: new RunLibrary(client) });
