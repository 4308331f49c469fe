// HF's TensorBoardCallback: arguments, configuration and every log entry in an event file of TensorBoard.

import { appendFile, mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { logRecords, textRecord, versionRecord } from '#formats/tensorboard-events.ts';
import { toTrainingArgumentsJson } from '#protocol/training-arguments.ts';
import type { CallbackContext, TrainerCallback } from '#trainer/callbacks/trainer-callback.ts';
import { stringifyHfJson } from '#util/hf-json.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** HF's default: `runs/Nov27_14-05-59_host`, in local time. */
export function defaultLogDir(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join('-');
  return join('runs', `${MONTHS[now.getMonth()]}${two(now.getDate())}_${time}_${hostname()}`);
}

/**
 * @param folder made when training begins.
 * @param rawArguments as they were given.
 */
export function tensorBoardCallback(folder: string, rawArguments: Readonly<Record<string, unknown>>): TrainerCallback {
  let path: string | null = null;
  const begin = async ({ args, model }: CallbackContext): Promise<string> => {
    const now = Date.now() / 1000;
    await mkdir(folder, { recursive: true });
    const file = join(folder, `events.out.tfevents.${Math.floor(now)}.${hostname()}.${process.pid}.0`);
    await appendFile(file, versionRecord(now));
    const told = stringifyHfJson(toTrainingArgumentsJson(args, rawArguments));
    await appendFile(file, textRecord(now, 'args', told));
    const config = model?.configJson();
    if (config) await appendFile(file, textRecord(now, 'model_config', stringifyHfJson(config)));
    return file;
  };
  return {
    name: 'TensorBoardCallback',
    // Training that starts again with fewer rows at once goes on in the same file.
    onTrainBegin: async (context) => {
      path ??= await begin(context);
    },
    onLog: async ({ logs, state }) => {
      if (path && logs) await appendFile(path, logRecords(Date.now() / 1000, logs, state.globalStep));
    },
  };
}
