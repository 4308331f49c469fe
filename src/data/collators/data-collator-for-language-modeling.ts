// Hides tokens for fill-mask, anew in every batch, as HF's `DataCollatorForLanguageModeling(mlm=True, seed=…)`: the same
// ones for the same seed.

import type { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import { IGNORE_INDEX } from '#util/ignore-index.ts';
import { msg } from '#util/msg.ts';
import type { Batch } from '#util/nd-array.ts';
import { StudioError } from '#util/studio-error.ts';
import { TorchRandom } from '#util/torch-random.ts';
import type { DataCollator } from '../data-loader.ts';
import type { Example } from '../dataset.ts';
import { DataCollatorWithPadding } from './data-collator-with-padding.ts';

export interface DataCollatorForLanguageModelingOptions {
  readonly tokenizer: Pick<PreTrainedTokenizer, 'pad' | 'maskTokenId' | 'specialIds' | 'vocabSize' | 'paddingSide'>;
  readonly seed: number;
  /** Share of the tokens that are hidden. Default 0.15. */
  readonly mlmProbability?: number;
  /** Hide whole words: examples say in `word_starts` where words begin. Default false. */
  readonly wholeWordMask?: boolean;
}

/** Of hidden tokens: how many give way to the mask, and, of the others, to a random token. */
const MASKED = 0.8;
const RANDOM = 0.1 / (1 - MASKED);

export class DataCollatorForLanguageModeling implements DataCollator {
  readonly columns = ['word_starts'];
  readonly #options: DataCollatorForLanguageModelingOptions;
  readonly #padding: DataCollatorWithPadding;
  readonly #maskTokenId: number;
  readonly #random: TorchRandom;

  /** @throws StudioError E-TOKENIZER when there is no mask token. */
  constructor(options: DataCollatorForLanguageModelingOptions) {
    const { tokenizer, seed } = options;
    if (tokenizer.maskTokenId === null) {
      throw new StudioError('E-TOKENIZER', msg`The tokenizer has no mask token, so no words can be hidden.`, {
        where: 'tokenizer_config.json, mask_token',
        hint: msg`Fill-mask needs an encoder such as BERT or RoBERTa, with its own tokenizer.`,
        safe: msg`Nothing was started.`,
      });
    }
    this.#options = options;
    this.#maskTokenId = tokenizer.maskTokenId;
    this.#padding = new DataCollatorWithPadding({ tokenizer });
    this.#random = new TorchRandom(seed);
  }

  /** Draws made so far; a resumed run skips as many. */
  get drawn(): number {
    return this.#random.drawn;
  }

  resumeAt(drawn: number): void {
    this.#random.skip(drawn - this.#random.drawn);
  }

  /** Evaluations hide the same tokens every time, and take nothing from the stream of training. */
  forEvaluation(): DataCollatorForLanguageModeling {
    return new DataCollatorForLanguageModeling(this.#options);
  }

  /** What the padding collator gives, with hidden tokens, and `labels` int32 [B, T]: the hidden ones, else -100. */
  collate(examples: readonly Example[]): Batch {
    const batch = this.#padding.collate(
      examples.map((example) => Object.fromEntries(Object.entries(example).filter(([name]) => name !== 'word_starts'))),
    );
    const { shape, data } = batch['input_ids']!;
    const inputs = Int32Array.from(data);
    const special = Array.from(inputs, (id) => this.#options.tokenizer.specialIds.has(id));
    const hidden = this.#options.wholeWordMask
      ? this.#hiddenWords(special, shape[1]!, wordStarts(examples, shape[1]!, this.#options.tokenizer.paddingSide))
      : this.#draw(special.map((isSpecial) => !isSpecial));
    const labels = inputs.map((id, i) => (hidden[i] ? id : IGNORE_INDEX));
    this.#replace(inputs, hidden);
    return { ...batch, input_ids: { data: inputs, shape }, labels: { data: labels, shape } };
  }

  /** Chooses among what may be hidden. */
  #draw(may: readonly boolean[]): boolean[] {
    const { mlmProbability = 0.15 } = this.#options;
    return may.map((allowed) => this.#random.bernoulli(allowed ? mlmProbability : 0));
  }

  /**
   * Chooses among first tokens of words; the others of a word follow it. A row begins a word, and so does what follows a
   * special token.
   */
  #hiddenWords(special: readonly boolean[], length: number, starts: Uint8Array): boolean[] {
    const begins = special.map(
      (isSpecial, i) => !isSpecial && (starts[i] === 1 || i % length === 0 || special[i - 1] === true),
    );
    const chosen = this.#draw(begins);
    return chosen.map((_, i) => {
      if (special[i]) return false;
      let first = i;
      while (!begins[first]) first--;
      return chosen[first]!;
    });
  }

  #replace(inputs: Int32Array, hidden: readonly boolean[]): void {
    const { wholeWordMask = false, tokenizer } = this.#options;
    const masked = hidden.map((isHidden) => this.#random.bernoulli(wholeWordMask ? 1 : MASKED) && isHidden);
    masked.forEach((isMasked, i) => {
      if (isMasked) inputs[i] = this.#maskTokenId;
    });
    if (wholeWordMask) return;
    const random = hidden.map((isHidden, i) => this.#random.bernoulli(RANDOM) && isHidden && !masked[i]);
    random.forEach((isRandom, i) => {
      const word = this.#random.randint(tokenizer.vocabSize);
      if (isRandom) inputs[i] = word;
    });
  }
}

/** Where words begin, row-major; padding begins none. */
function wordStarts(examples: readonly Example[], length: number, side: 'left' | 'right'): Uint8Array {
  const starts = new Uint8Array(examples.length * length).fill(1);
  examples.forEach((example, row) => {
    const own = example['word_starts'] as Uint8Array;
    starts.set(own, row * length + (side === 'right' ? 0 : length - own.length));
  });
  return starts;
}
