// The tab's icon as a ring that fills, and the percentage on the icon of an installed app.

const RADIUS = 13;
const ROUND = 2 * Math.PI * RADIUS;

/** @param percent whole, 0 to 100; null: nothing is going on. */
export function showProgressInIcon(percent: number | null): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (link) link.href = percent === null ? './icon.svg' : `data:image/svg+xml,${encodeURIComponent(ring(percent))}`;
  if (!('setAppBadge' in navigator)) return;
  // Only installed apps have a badge; others refuse.
  void (percent === null ? navigator.clearAppBadge() : navigator.setAppBadge(percent)).catch(() => undefined);
}

const ring = (percent: number): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="${RADIUS}" fill="none" stroke="#8885" stroke-width="6"/><circle cx="16" cy="16" r="${RADIUS}" fill="none" stroke="#0c8599" stroke-width="6" stroke-dasharray="${(ROUND * percent) / 100} ${ROUND}" transform="rotate(-90 16 16)"/></svg>`;
