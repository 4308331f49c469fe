// Entry of the worker thread: receives commands, answers each once, and sends the events of the run in training to the
// page and, by broadcast, to other tabs.

import { toWire } from '#protocol/errors.ts';
import {
  type BroadcastRunEvent,
  type Requests,
  type RequestType,
  RUN_CHANNEL,
  type WorkerCommand,
  type WorkerEvent,
} from '#protocol/messages.ts';
import { clearExports } from './export-checkpoint.ts';
import { Studio } from './studio.ts';

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const channel = new BroadcastChannel(RUN_CHANNEL);
const send = (event: WorkerEvent): void => scope.postMessage(event);

const studio = new Studio((event) => {
  send(event);
  channel.postMessage({ from: scope.name, event } satisfies BroadcastRunEvent);
}, send);

scope.addEventListener('message', ({ data }: MessageEvent<WorkerCommand>) => void answer(data));
void clearExports();

async function answer(command: WorkerCommand): Promise<void> {
  const { requestId } = command;
  try {
    send({ type: 'response', requestId, ok: true, result: await handle(command.type, command.params) });
  } catch (error) {
    send({ type: 'response', requestId, ok: false, error: toWire(error) });
  }
}

/** The handler of a type takes the parameters of that type: the mapped types of both sides agree. */
function handle<T extends RequestType>(type: T, params: Requests[T]['params']): Promise<Requests[T]['result']> {
  return studio.handlers[type](params);
}
