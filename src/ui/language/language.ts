// The language of the page: the one that was chosen, else the browser's first that the studio speaks, else English.

import { create } from 'zustand';
import { setCatalogue } from './translate.ts';

/** Languages by their code (BCP 47), each called what it calls itself. */
export const LANGUAGES = { en: 'English', ko: '한국어' } as const;

export type Language = keyof typeof LANGUAGES;

const STORED_AS = 'atelier-language';

const isLanguage = (code: string | null): code is Language => code !== null && Object.hasOwn(LANGUAGES, code);

function preferred(): Language {
  const chosen = localStorage.getItem(STORED_AS);
  if (isLanguage(chosen)) return chosen;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? 'en';
}

/** The present language. Components under `Localized` need not read it: they are made anew when it changes. */
export const useLanguage = create<{ readonly language: Language }>(() => ({ language: 'en' }));

/** How dates are written: as in the person's country where the browser tells one of the present language. */
export function dateLocale(): string {
  const { language } = useLanguage.getState();
  return navigator.languages.find((tag) => tag.startsWith(language) && isLocale(tag)) ?? language;
}

/** Browsers pass on what the system calls its language, which need not be a tag: `en-US@posix`. Nothing else asks. */
function isLocale(tag: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0;
  } catch {
    return false;
  }
}

/** Before the first screen is drawn. A catalogue that can not be fetched leaves the page in English, and says so. */
export async function initializeLanguage(): Promise<void> {
  await show(preferred()).catch((error: unknown) => console.warn('The page stays in English.', error));
}

/** Changes the language of the page, and keeps it for the next visit. */
export async function chooseLanguage(language: Language): Promise<void> {
  await show(language);
  localStorage.setItem(STORED_AS, language);
}

async function show(language: Language): Promise<void> {
  setCatalogue(language === 'ko' ? (await import('./ko/index.ts')).korean : {});
  document.documentElement.lang = language;
  useLanguage.setState({ language });
}
