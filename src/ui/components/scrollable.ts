// What makes a table that is wider than its place reachable by keyboard: the part that scrolls takes the focus.

export function scrollable(label: string) {
  return { viewportProps: { tabIndex: 0, role: 'region', 'aria-label': label } };
}
