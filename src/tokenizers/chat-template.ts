// Chats as one text, by the template that belongs to the tokenizer, with the parts marked that the assistant wrote.

import { Template } from '@huggingface/jinja';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { TokenizerConfig } from './tokenizer-files.ts';
import { specialToken } from './tokenizer-files.ts';

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
  /** Whatever else the template may ask for. */
  readonly [field: string]: unknown;
}

export interface ChatPart {
  readonly text: string;
  /** Written by the assistant. */
  readonly counts: boolean;
}

/** Characters of Unicode's private area: no text has them, so they can mark what the template itself marks. */
const [BEGIN, END] = ['\ue000', '\ue001'] as const;
const GENERATION = /\{%(-?)\s*(end)?generation\s*(-?)%\}/g;

export class ChatTemplate {
  readonly #template: Template;
  /** The template marks what the assistant wrote itself. */
  readonly marks: boolean;
  readonly #specials: Readonly<Record<string, string>>;

  /** @throws StudioError E-TOKENIZER for a template that can not be read. */
  constructor(source: string, config: TokenizerConfig) {
    const names = ['bos_token', 'eos_token', 'pad_token', 'unk_token', 'sep_token', 'cls_token'];
    this.#specials = Object.fromEntries(
      names.flatMap((name) => {
        const content = specialToken(config, name);
        return content === null ? [] : [[name, content]];
      }),
    );
    this.marks = GENERATION.test(source);
    const marked = source.replace(
      GENERATION,
      (_, left: string, end: string | undefined, right: string) => `{{${left} "${end ? END : BEGIN}" ${right}}}`,
    );
    try {
      this.#template = new Template(marked);
    } catch (cause) {
      throw templateError('tokenizer_config.json, chat_template', cause);
    }
  }

  /** The chat as text; with `addGenerationPrompt` up to where the assistant goes on. @throws StudioError E-TOKENIZER. */
  render(messages: readonly ChatMessage[], addGenerationPrompt: boolean, where: string): string {
    return this.#render(messages, addGenerationPrompt, where).replaceAll(BEGIN, '').replaceAll(END, '');
  }

  /** The chat as text in parts. @throws StudioError E-TOKENIZER when the template refuses it. */
  parts(messages: readonly ChatMessage[], where: string): ChatPart[] {
    const text = this.#render(messages, false, where);
    return this.marks ? markedParts(text) : this.#partsByTurns(messages, text, where);
  }

  #render(messages: readonly ChatMessage[], addGenerationPrompt: boolean, where: string): string {
    try {
      return this.#template.render({ ...this.#specials, messages, add_generation_prompt: addGenerationPrompt });
    } catch (cause) {
      throw templateError(where, cause);
    }
  }

  /** What the text of a turn adds to the text before it, with the prompt for the assistant, is what it wrote. */
  #partsByTurns(messages: readonly ChatMessage[], text: string, where: string): ChatPart[] {
    const parts: ChatPart[] = [];
    let at = 0;
    const add = (end: number, counts: boolean): void => {
      if (end > at) parts.push({ text: text.slice(at, end), counts });
      at = Math.max(at, end);
    };
    messages.forEach((message, i) => {
      if (message.role !== 'assistant') return;
      const before = this.#render(messages.slice(0, i), true, where);
      const after = this.#render(messages.slice(0, i + 1), false, where);
      if (text.startsWith(before) && text.startsWith(after)) {
        add(before.length, false);
        add(after.length, true);
        return;
      }
      // The template writes earlier turns otherwise than later ones: the message itself is all that is sure.
      const begin = text.indexOf(message.content, at);
      if (begin < 0) return;
      add(begin, false);
      add(begin + message.content.length, true);
    });
    add(text.length, false);
    return parts;
  }
}

function markedParts(text: string): ChatPart[] {
  return text.split(BEGIN).flatMap((piece, i) => {
    const end = i === 0 ? 0 : piece.indexOf(END);
    const parts = [
      { text: piece.slice(0, Math.max(0, end)), counts: true },
      { text: piece.slice(i === 0 ? 0 : end + END.length), counts: false },
    ];
    return parts.filter((part) => part.text !== '');
  });
}

function templateError(where: string, cause: unknown): StudioError {
  return new StudioError(
    'E-TOKENIZER',
    msg`${where}: the chat template can not be applied: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      where,
      hint: msg`Check that roles come in the order the model expects (often user and assistant by turns), or use a prompt and a completion column.`,
      safe: msg`Nothing was started.`,
      cause,
    },
  );
}
