import { beforeEach, describe, expect, it, vi } from 'vitest';
import { TrainerControl } from '#trainer/trainer-control.ts';
import { RunCommands } from '#worker/run-commands.ts';

let commands: RunCommands;
let control: TrainerControl;
let trace: string[];
const listener = { onPause: () => void trace.push('pause'), onContinue: () => void trace.push('continue') };

/** Does what the flags say, as the Trainer: evaluates, then saves. */
const act = async (): Promise<void> => {
  if (control.shouldEvaluate) trace.push('evaluate');
  if (control.shouldSave) trace.push('save');
  control.shouldEvaluate = false;
  control.shouldSave = false;
};
const between = (doing = act) => commands.betweenSteps(control, doing, listener);

beforeEach(() => {
  commands = new RunCommands();
  control = new TrainerControl();
  trace = [];
});

describe('RunCommands', () => {
  it('does nothing when nothing was asked', async () => {
    await between();
    expect(trace).toEqual([]);
    expect(control.shouldTrainingStop).toBe(false);
  });

  it('saves and evaluates once when asked', async () => {
    commands.saveNow();
    commands.evaluateNow();
    await between();
    await between();
    expect(trace).toEqual(['evaluate', 'save']);
  });

  it('holds the run until it is continued', async () => {
    commands.pause();
    let ended = false;
    const held = between().then(() => {
      ended = true;
    });
    await vi.waitFor(() => expect(trace).toEqual(['pause']));
    commands.saveNow();
    await vi.waitFor(() => expect(trace).toEqual(['pause', 'save']));
    expect(ended).toBe(false);
    commands.continue();
    await held;
    expect(trace).toEqual(['pause', 'save', 'continue']);
  });

  it('while paused it also does what is asked for during an evaluation', async () => {
    commands.pause();
    let finish: () => void = () => undefined;
    const slow = async () => {
      const evaluates = control.shouldEvaluate;
      await act();
      if (evaluates)
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
    };
    const held = between(slow);
    commands.evaluateNow();
    await vi.waitFor(() => expect(trace).toEqual(['pause', 'evaluate']));
    commands.saveNow();
    finish();
    await vi.waitFor(() => expect(trace).toEqual(['pause', 'evaluate', 'save']));
    commands.continue();
    await held;
  });

  it.each([true, false])('stops a paused run, saving: %s', async (save) => {
    commands.pause();
    const held = between();
    await vi.waitFor(() => expect(trace).toEqual(['pause']));
    commands.stop(save);
    await held;
    expect(control.shouldTrainingStop).toBe(true);
    expect(trace).toEqual(save ? ['pause', 'save', 'continue'] : ['pause', 'continue']);
    expect(commands.stopRequested).toEqual({ save });
  });
});
