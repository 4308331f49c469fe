// Sentences for people, written in English wherever they arise. The tag marks them for translation: the page finds the
// sentence's translation by its template (`ui/language`), and a test holds that every marked sentence has one.

/** A sentence with its values filled in. At run time a plain string: it crosses threads and is stored as it is. */
export function msg(parts: TemplateStringsArray, ...values: readonly unknown[]): string {
  return parts.reduce((sentence, part, i) => `${sentence}${values[i - 1]}${part}`);
}

/** "The file {0} has {1} rows.": how a sentence stands in a catalogue. */
export function templateOf(parts: readonly string[]): string {
  return parts.reduce((template, part, i) => `${template}{${i - 1}}${part}`);
}
