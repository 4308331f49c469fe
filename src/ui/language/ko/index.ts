// Korean: what the page says, what the engine says, what is said about arguments. A chunk of its own.

import type { Catalogue } from '../translate.ts';
import aboutArguments from './arguments.json';
import engine from './engine.json';
import page from './ui.json';

export const korean: Catalogue = { ...engine, ...aboutArguments, ...page };
