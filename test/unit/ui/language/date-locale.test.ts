import { afterEach, describe, expect, it, vi } from 'vitest';
import { dateLocale } from '#ui/language/language.ts';

describe('the locale of dates', () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each([
    { languages: ['de-DE', 'en-GB', 'en-US'], locale: 'en-GB' },
    { languages: ['ko-KR'], locale: 'en' },
    // What Chromium tells where the system's language is C.
    { languages: ['en-US@posix'], locale: 'en' },
    { languages: [], locale: 'en' },
  ])('is $locale where the browser speaks $languages', ({ languages, locale }) => {
    vi.stubGlobal('navigator', { languages });
    expect(dateLocale()).toBe(locale);
    expect(new Date(0).toLocaleDateString(dateLocale())).toContain('19');
  });
});
