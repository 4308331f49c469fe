// Numbers, sizes and times as people read them; used all over the studio.

import { dateLocale } from './language/language.ts';
import { t, translate } from './language/translate.ts';

/** Four significant digits; small values as 5e-5. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? t`not a number` : value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3) return value.toExponential(3).replace(/\.?0+e/, 'e');
  return size >= 1e4 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(4)));
}

export function formatCount(value: number): string {
  return value.toLocaleString('en');
}

/** 4,385,920 → 4.4 M. */
export function formatParameters(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} B`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} M`;
  return count >= 1e3 ? `${(count / 1e3).toFixed(1)} K` : String(count);
}

const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** Decimal units, as download lists use. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${BYTE_UNITS[power]}`;
}

/** 75,000 ms → 1:15; with hours 2:03:09. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export function formatPercent(share: number, digits = 0): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** Local date and time in the language of the page, to the minute; the year only where it is another one. */
export function formatTime(ms: number, now = Date.now(), locale = dateLocale()): string {
  const date = new Date(ms);
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  const text: Intl.DateTimeFormatOptions = { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' };
  return date.toLocaleString(locale, sameYear ? text : { ...text, year: 'numeric' });
}

/** `eval_macro_f1` → `macro f1`. */
export function metricLabel(name: string): string {
  return name.replace(/^eval_/, '').replaceAll('_', ' ');
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return translate(`${formatCount(count)} ${count === 1 ? one : many}`);
}
