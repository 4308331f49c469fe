// The optimizer that the training arguments name.

import type { Parameter } from '#nn/parameter.ts';
import type { OptimizerName } from '#protocol/training-arguments.ts';
import { Adafactor } from './adafactor.ts';
import { Adagrad } from './adagrad.ts';
import { AdamW } from './adamw.ts';
import { AdamW8bit } from './adamw-8bit.ts';
import { Lion } from './lion.ts';
import { makeParamGroups, type Optimizer } from './optimizer.ts';
import { Rmsprop } from './rmsprop.ts';
import { ScheduleFreeAdamW } from './schedule-free-adamw.ts';
import { Sgd } from './sgd.ts';
